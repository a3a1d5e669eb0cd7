/* The version of every ddrec program. */
#ifndef COMMON_VERSION_H
#define COMMON_VERSION_H

#define DDREC_VERSION "0.1.0"

#endif
