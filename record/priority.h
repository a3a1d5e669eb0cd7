/*
 * Comes to the CPU soon when a ring fills, also on a machine where many threads wait for one.
 * The recorder needs little time, but needs it before the ring is full.
 */
#ifndef RECORD_PRIORITY_H
#define RECORD_PRIORITY_H

/* Asks for what it may have; every refusal is fine. Call it after the fork, so that the target
 * does not inherit it. */
void priority_raise(void);

/* The work at the end of a recording is in no hurry. */
void priority_lower(void);

#endif
