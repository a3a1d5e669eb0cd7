ddrec reprot trace.zst
