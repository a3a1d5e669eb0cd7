#include "formats/format.h"
#include "flamegraph.js.h"
const struct format format_flamegraph = { .name = "flamegraph" };
