"""How many examples a property tries where each of them costs much; a profile that tries more does so here too."""

from hypothesis import settings

ON_EACH_STORE = settings(max_examples=settings().max_examples // 4)
"""The property is run on both stores."""
ON_EMULATOR = settings(max_examples=settings().max_examples // 7)
"""The same property runs in memory: the contracts of the ports prove that the stores agree."""
