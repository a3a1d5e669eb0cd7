ddrec --help
