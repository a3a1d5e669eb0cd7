#!/bin/sh
# Prints the path of a very large C file to compile: sqlite3.sh DIR. It is SQLite's amalgamation from
# the npm package better-sqlite3, kept in DIR; where npm cannot fetch it, a generated file of about
# the same size.
set -u
mkdir -p "$1" && cd "$1" || exit 1

fetch()
{
	command -v npm >/dev/null || return 1
	npm pack --silent better-sqlite3@13.2.0 >/dev/null 2>&1 || return 1
	tar -xzf better-sqlite3-13.2.0.tgz || return 1
	find package -name sqlite3.c -exec cp {} sqlite3.c \; -o -name 'sqlite3.tar.gz' \
		-exec tar -xzf {} sqlite3.c \;
	rm -rf package
	[ -s sqlite3.c ]
}

# 4000 functions of branches, loops and table look-ups.
generate()
{
	awk 'BEGIN {
		print "#include <string.h>\nstruct row { int key; struct row *next; char name[24]; };"
		for (i = 0; i < 4000; i++) {
			printf "int step_%d(struct row *r, int depth)\n{\n\tint sum = %d;\n", i, i
			printf "\tfor (; r; r = r->next) {\n\t\tif (r->key %% %d == 0)\n", i % 17 + 2
			printf "\t\t\tsum += (int)strlen(r->name) ^ depth;\n"
			printf "\t\telse if (r->name[%d] == 0x%x)\n\t\t\tsum -= r->key << %d;\n",
				i % 24, i % 128, i % 7
			printf "\t\tswitch (sum & 7) {\n"
			for (c = 0; c < 8; c++)
				printf "\t\tcase %d: sum = sum * %d + r->key; break;\n", c, c * i + 3
			printf "\t\t}\n\t}\n"
			if (i) printf "\tif (depth > 0)\n\t\tsum += step_%d(0, depth - 1);\n", int(i * 7 / 8)
			print "\treturn sum;\n}"
		}
	}' >generated.c
}

if [ -s sqlite3.c ] || fetch >&2; then
	echo "$PWD/sqlite3.c"
else
	[ -s generated.c ] || generate
	echo "$PWD/generated.c"
fi
