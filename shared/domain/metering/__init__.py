"""Events, what they say and what they add: the rules of recording."""
