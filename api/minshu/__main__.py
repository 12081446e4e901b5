"""`python -m minshu` is the command `minshu`."""

from minshu.cli import main

main()
