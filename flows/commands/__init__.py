"""One command a file: its arguments, its help, and what it shows; what it does lies in the modules it calls."""
