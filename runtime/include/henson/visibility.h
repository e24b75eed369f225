// What a shared libhenson exports: what is marked so, and nothing else.
#pragma once

#if defined(__GNUC__)
#define HENSON_API __attribute__((visibility("default")))
#define HENSON_HIDDEN __attribute__((visibility("hidden")))  // a part of what is exported
#else
#define HENSON_API
#define HENSON_HIDDEN
#endif
