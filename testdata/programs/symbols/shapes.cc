// C++ that makes symbols hard: templates, lambdas, local classes, exceptions (cold parts), folded
// and inlined calls, anonymous namespaces. For report/test/symbol_agreement_test.c.
#include <algorithm>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <numeric>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

namespace
{
struct shape {
	virtual ~shape() = default;
	virtual double area() const = 0;
	virtual std::string name() const = 0;
};

template <typename T, int Sides> struct polygon : shape {
	explicit polygon(T side) : side_(side)
	{
		if (side < T(0))
			throw std::invalid_argument("negative side " + std::to_string(side));
	}
	double area() const override
	{
		double sum = 0;
		for (int i = 0; i < Sides; i++)
			sum += weight(i) * double(side_) * double(side_);
		return sum / Sides;
	}
	std::string name() const override
	{
		return "polygon" + std::to_string(Sides);
	}

      private:
	static double weight(int i)
	{
		return 1.0 + 1.0 / (i + 1);
	}
	T side_;
};

template <int N> std::unique_ptr<shape> make_shape(int kind, double side)
{
	if constexpr (N > 12)
		throw std::out_of_range("no such shape");
	else if (kind == N)
		return std::make_unique<polygon<double, N>>(side);
	else if (kind == -N)
		return std::make_unique<polygon<long, N>>(long(side));
	else
		return make_shape<N + 1>(kind, side);
}
} // namespace

namespace words
{
using counts = std::map<std::string, std::size_t>;

counts count(const std::string &text)
{
	counts result;
	static const std::regex word("[a-z]+([-'][a-z]+)*");
	for (std::sregex_iterator it(text.begin(), text.end(), word), end; it != end; ++it)
		result[it->str()]++;
	return result;
}

template <typename Compare> std::vector<std::string> sorted(const counts &c, Compare compare)
{
	std::vector<std::string> keys;
	for (const auto &[key, n] : c)
		keys.push_back(key + ":" + std::to_string(n));
	std::stable_sort(keys.begin(), keys.end(), compare);
	return keys;
}
} // namespace words

static int local_class(int x)
{
	struct adder {
		int base;
		__attribute__((noinline)) int operator()(int y) const
		{
			return base + y * 3;
		}
	};
	auto twice = [x](auto f) __attribute__((noinline))
	{
		return f(f(x));
	};
	return twice(adder{ x }) + twice([](int v) { return v ^ 0x55; });
}

using value = std::variant<int, double, std::string>;

static std::string show(const value &v)
{
	return std::visit(
		[](const auto &x) {
			std::ostringstream out;
			out << x;
			return out.str();
		},
		v);
}

extern "C" int plain_c_name(int n)
{
	std::function<int(int)> f = [&f](int k) { return k < 2 ? k : f(k - 1) + f(k - 2); };
	return f(n);
}

int main(int argc, char **argv)
{
	double sum = 0;
	for (int kind = -13; kind < 14; kind++) {
		try {
			auto s = make_shape<3>(kind, argc);
			sum += s->area() + s->name().size();
		} catch (const std::exception &e) {
			sum -= std::string(e.what()).size();
		}
	}
	auto c = words::count("the quick brown fox jumps over the lazy dog's don't-care");
	for (const auto &w : words::sorted(c, std::greater<>()))
		std::cout << w << ' ';
	std::unordered_map<std::string, value> values = { { "a", 1 }, { "b", 2.5 },
		{ "c", std::string(argv[0]) } };
	for (const auto &[k, v] : values)
		std::cout << k << '=' << show(v) << '\n';
	std::cout << sum << ' ' << local_class(argc) << ' ' << plain_c_name(10) << '\n';
}
