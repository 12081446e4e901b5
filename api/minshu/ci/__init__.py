"""Continuous integration for publishers: what a change does to packages, and whether they can be released as they are.

`changes` asks git what is touched, `scope` says which packages that is, `examine` rehearses each and holds it against
what was `released`, and `outcome` tells of it. `run` is all of it.
"""
