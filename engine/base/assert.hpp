// Assertions for our own mistakes. What a client, the disk or the network sends is never asserted:
// it gets an error.
#pragma once

namespace stepwell {

/// Prints what failed and where, and aborts. The journal brings everything back.
[[noreturn]] void panic(const char* what, const char* file, int line) noexcept;

}  // namespace stepwell

/// Stops the process: for a state that cannot be.
#define SW_PANIC(what) ::stepwell::panic((what), __FILE__, __LINE__)

/// Checked in every build.
#define SW_ASSERT(condition) ((condition) ? static_cast<void>(0) : SW_PANIC(#condition))

/// Checked in debug builds and simulation only: for checks that cost more than the work they guard.
#ifdef NDEBUG
#define SW_ASSERT_SLOW(condition) static_cast<void>(0)
#else
#define SW_ASSERT_SLOW(condition) SW_ASSERT(condition)
#endif
