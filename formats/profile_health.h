/*
 * Where a profile comes from, and how good it is: parts of struct profile (profile.h), filled by
 * who makes the profile. formats/health.h puts them into words.
 */
#ifndef FORMATS_PROFILE_HEALTH_H
#define FORMATS_PROFILE_HEALTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A reason and how often it applied; texts are strings of the profile. */
struct profile_count {
	uint32_t what;
	uint64_t count;
};

/*
 * How good the profile is. Every output that can carry words shows it. Lists are in falling order
 * of count when the profile is finished.
 */
struct profile_health {
	uint64_t n_samples;     /* kept by the recorder */
	uint64_t n_lost;        /* lost before they reached the trace */
	uint64_t n_shown;       /* left after filters */
	uint64_t n_user_stacks; /* samples with a user stack to unwind */
	uint64_t n_complete;    /* of those: reached the first frame of the process or thread */
	uint64_t n_guessed;     /* of those: with at least one guessed frame */
	/* Samples whose stacks were not unwound: frame-pointer chains by the kernel, of unknown
	 * completeness, and lone addresses, where no stack was recorded. */
	uint64_t n_chains, n_addresses;
	bool is_untold;  /* imported: the file says nothing of its quality, and n_samples is all */
	bool is_damaged; /* part of the recording could not be read */
	uint32_t damage; /* string: what is wrong with it; "" when whole or unknown */
	struct profile_count *incomplete; /* why the others ended early */
	size_t n_incomplete;
	struct profile_count *notes; /* everything else that degraded the result, with a count */
	size_t n_notes;
};

struct profile_meta {
	/* strings */
	uint32_t command, host, kernel, arch, event, tool,
		source;         /* source: the input file's name */
	uint32_t clock;         /* one sentence: what a sample stands for */
	uint32_t import_format; /* imported: the format's name */
	uint32_t remarks;       /* imported: what the file says of itself, in lines */
	uint32_t main_value;    /* imported: the value type to sum; 0: the rule decides */
	uint64_t start_real_ns; /* CLOCK_REALTIME; 0 = unknown */
	uint64_t duration_ns;
	uint64_t recorder_cpu_ns; /* what recording cost while the target ran */
	uint64_t target_cpu_ns;
	uint32_t frequency_hz;
};

#endif
