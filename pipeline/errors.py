"""The exceptions that Signloop raises on purpose.

SignloopError                 anything this project reports; the command line prints it without a traceback
├── InputError (ValueError)   what the user can mend: parameters, files, data, names
├── RegistryError             the registry or the tracking store cannot do what was asked
└── TransientError            nothing needs mending: the same command may succeed on a second try

The command line ends with the error's exit status: 75 (EX_TEMPFAIL of sysexits.h) where a second try may help, else 1.
A message says where, what was expected, what was got, and what to do.
"""


class SignloopError(Exception):
    """Anything this project reports to a person."""

    exit_status = 1


class InputError(SignloopError, ValueError):
    """What the user can mend: a parameter, a file, a clip, a name."""


class RegistryError(SignloopError):
    """The registry or the tracking store cannot do what was asked."""


class TransientError(SignloopError):
    """What may succeed on a second try with nothing changed: a server that is away, a database that is locked."""

    exit_status = 75
