ddrec record -e foo true
