ddrec quux
