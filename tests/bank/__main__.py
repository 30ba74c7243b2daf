"""``python -m tests.bank [assignment …]`` prints the table of the bank."""

import sys

from tests.bank.report import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
