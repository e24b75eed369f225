// The first finding of any sanitizer ends a fuzzer: libFuzzer then keeps the input.
extern "C" const char* __ubsan_default_options();
extern "C" const char* __ubsan_default_options() { return "halt_on_error=1:print_stacktrace=1"; }
