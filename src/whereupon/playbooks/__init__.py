"""Playbooks: phases of steps on a record. Strategies: steps by a date. Both are compiled to workflows."""
