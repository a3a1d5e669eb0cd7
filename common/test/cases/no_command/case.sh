ddrec
