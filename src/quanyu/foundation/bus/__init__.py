"""Facts go up: published in the transaction of the change, handled at least once, lowest room first."""
