"""The exceptions that Signloop raises on purpose.

SignloopError                 anything this project reports; the command line prints it without a traceback
├── InputError (ValueError)   what the user can mend: parameters, files, data, names
└── RegistryError             the registry or the tracking store cannot do what was asked

A message says where, what was expected, what was got, and what to do.
"""


class SignloopError(Exception):
    """Anything this project reports to a person."""


class InputError(SignloopError, ValueError):
    """What the user can mend: a parameter, a file, a clip, a name."""


class RegistryError(SignloopError):
    """The registry or the tracking store cannot do what was asked."""
