ddrec --version && ddrec help help | head -n 1
