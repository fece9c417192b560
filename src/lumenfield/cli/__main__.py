"""`python -m lumenfield.cli` is the program."""

import sys

from lumenfield.cli import main

sys.exit(main())
