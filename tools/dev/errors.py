"""Errors of the development stack. Each message says what to do."""


class StackError(Exception):
    """The stack cannot start or go on; the message is shown as it is, without a trace."""


class MissingEmulatorsError(StackError):
    """This machine has no emulators, or no Java that runs them."""


class OverloadedError(StackError):
    """A part of the stack does not answer for now; asking again may help."""


class StoppedError(Exception):
    """Ctrl-C or SIGTERM arrived while something was waiting."""
