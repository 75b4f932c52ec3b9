"""Kill -9 in the middle of everything: nothing may be lost, doubled or stand still (`make faults`)."""
