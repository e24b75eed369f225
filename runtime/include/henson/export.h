// What a shared libhenson exports: what is marked so, and nothing else.
#pragma once

#if defined(__GNUC__)
#define HENSON_API __attribute__((visibility("default")))
#else
#define HENSON_API
#endif
