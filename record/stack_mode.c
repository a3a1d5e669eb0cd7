/* The stack modes and the parsing of --stack; see stack_mode.h. */
#include "record/stack_mode.h"

#include "common/defs.h"

#include <errno.h>
#include <string.h>

const struct stack_mode stack_modes[] = {
	{
		.name = "sieve",
		.help = "registers and stack snapshots without the program's data",
		.snapshot = true,
		.sieved = true,
		.kernel_pcs = true,
	},
	{
		.name = "full",
		.help = "registers and whole stack snapshots, with all data; for debugging ddrec",
		.snapshot = true,
		.kernel_pcs = true,
	},
	{
		.name = "fp",
		.help = "the kernel follows frame pointers",
		.kernel_pcs = true,
		.user_pcs = true,
	},
	{ .name = "none", .help = "only the sampled address" },
};
const size_t n_stack_modes = ARRAY_LEN(stack_modes);

static const struct stack_mode *find_mode(const char *name, size_t len)
{
	for (size_t i = 0; i < n_stack_modes; i++)
		if (strlen(stack_modes[i].name) == len && !memcmp(stack_modes[i].name, name, len))
			return &stack_modes[i];
	return NULL;
}

static bool parse_limit(const char *text, uint32_t *ret_bytes, struct err *err)
{
	char *end;
	errno = 0;
	unsigned long long bytes = strtoull(text, &end, 10);
	if (errno || end == text || *end || *text < '0' || *text > '9')
		return err_set(err, "'%s' is no number of bytes", text);
	if (bytes < 256 || bytes > STACK_MAX_BYTES)
		return err_set(err, "a stack snapshot takes 256 to %d bytes, not %s",
			STACK_MAX_BYTES, text);
	*ret_bytes = (uint32_t)(bytes & ~7ULL);
	return true;
}

struct stack_request stack_request_default(void)
{
	return (struct stack_request){ &stack_modes[0], STACK_MAX_BYTES, true };
}

uint32_t stack_request_limit(const struct stack_request *request, size_t ring_bytes)
{
	if (!request->limit_is_default)
		return request->limit_bytes;
	return (uint32_t)MIN(ring_bytes / STACK_SNAPSHOTS_PER_RING, (size_t)STACK_MAX_BYTES);
}

bool stack_request_set(void *field, const char *value, struct err *err)
{
	struct stack_request *request = field;
	size_t name_len = strcspn(value, ",");
	const struct stack_mode *mode = find_mode(value, name_len);
	uint32_t limit = STACK_MAX_BYTES;
	if (!mode)
		return err_set(err, "unknown stack mode '%.*s' (sieve, full, fp, none)",
			(int)name_len, value);
	if (value[name_len] && !mode->snapshot)
		return err_set(err, "stack mode '%s' takes no size", mode->name);
	if (value[name_len] && !parse_limit(value + name_len + 1, &limit, err))
		return false;
	*request = (struct stack_request){ .mode = mode,
		.limit_bytes = mode->snapshot ? limit : 0,
		.limit_is_default = mode->snapshot && !value[name_len] };
	return true;
}
