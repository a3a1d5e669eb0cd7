// Lambdas that are inlined, so that only the debug information names them. For
// report/test/symbol_source_test.c: the lambdas are in lines 7 and 8.
volatile int sink;

extern "C" __attribute__((noinline)) void with_lambdas(int n)
{
	auto first = [n] { sink = n + 1; };
	auto second = [n] { sink = n + 2; };
	first();
	second();
}

int main(int argc, char **)
{
	with_lambdas(argc);
}
