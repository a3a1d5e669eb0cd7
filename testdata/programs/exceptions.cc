// C++ exceptions thrown through frames of deep template instances. Proves that unwinding goes
// through the C++ runtime's own unwinder, and that long mangled names are shown for people.
// Usage: exceptions [SECONDS]
#include "burn.h"

#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace shop
{

template <int Depth> struct Nested {
	NOINLINE static uint64_t go(const std::map<std::string, std::vector<int>> &table)
	{
		uint64_t x = Nested<Depth - 1>::go(table);
		NOT_A_TAIL_CALL();
		return x + Depth;
	}
};

template <> struct Nested<0> {
	NOINLINE static uint64_t go(const std::map<std::string, std::vector<int>> &table)
	{
		if (spin(2000) % 2 == 0 || table.size() == 1)
			throw std::runtime_error("no " + table.begin()->first);
		return 0;
	}
};

NOINLINE uint64_t catch_one(const std::map<std::string, std::vector<int>> &table)
{
	try {
		return Nested<20>::go(table);
	} catch (const std::runtime_error &e) {
		return e.what()[0];
	}
}

} // namespace shop

int main(int argc, char **argv)
{
	double seconds = seconds_argument(argc, argv, 2);
	std::map<std::string, std::vector<int>> table = { { "bread", { 1, 2, 3 } } };
	volatile uint64_t sink = 0;
	for (uint64_t start = thread_cpu_ns(); time_is_left(start, seconds);)
		sink = sink + shop::catch_one(table);
	return sink == 1;
}
