// Debian's RocksDB is not built for ThreadSanitizer: its atomics and fences are invisible, and what
// it does between them with memcmp and delete looks like races of its own with itself. Reports that
// pass through its library are left out, in every program that links this.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define STEPWELL_THREAD_SANITIZER
#endif
#endif
#if defined(__SANITIZE_THREAD__) || defined(STEPWELL_THREAD_SANITIZER)
extern "C" __attribute__((visibility("default"))) const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() {
    return "race:librocksdb.so\nrace:rocksdb::\n";
}
#endif
