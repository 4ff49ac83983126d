"""The same model behind other servers, as their own documentation has one write it; `signloop bench` runs them.

Each file runs by itself, in an environment that need not have us: PORT and MODEL come from the environment.
"""
