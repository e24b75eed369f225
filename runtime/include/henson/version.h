/* The version of these headers, for C and C++. The build takes it from here. */
#pragma once

#define HENSON_VERSION_MAJOR 0
#define HENSON_VERSION_MINOR 1
#define HENSON_VERSION_PATCH 0

/* Of the C functions and their structs: a program runs with every library of the same number. It is
 * that of the shared library's name (libhenson.so.0). */
#define HENSON_ABI_VERSION 0
