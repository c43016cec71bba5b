"""Says how good the data are that have come in, what they lack, and mends what a rule can mend."""
