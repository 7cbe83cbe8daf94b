// The calls by which the engine's threads meet the machine, made of fibers: the linker puts these
// in the place of the real ones (--wrap, listed in CMakeLists.txt) for all code of ours. So the
// shipped thread loops, locks and clocks run as they are, and nothing of the engine knows.
//
// Only libraries that are not linked into the program keep the real calls, and run no threads here.
#include "sim/system_calls.hpp"

#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstring>
#include <map>
#include <mutex>
#include <thread>

#include "base/assert.hpp"
#include "sim/fibers.hpp"

namespace stepwell::sim {

namespace {

constexpr int first_event = 1 << 20;  // no descriptor of the system's is that high

struct Machine {
    Random* secrets = nullptr;
    Nanos wall_at_start = 0;
    std::map<int, std::uint64_t> events;
    int next_event = first_event;
};
Machine machine;

Fibers& fibers() {
    Fibers* const active = Fibers::active();
    SW_ASSERT(active != nullptr);
    return *active;
}
bool is_simulated() noexcept { return Fibers::active() != nullptr; }

Nanos nanos_of(const timespec& time) { return time.tv_sec * 1'000'000'000LL + time.tv_nsec; }

// The state of a lock is in its own memory, as the system has it.
int& word_of(pthread_mutex_t& mutex) { return mutex.__data.__lock; }

void lock(pthread_mutex_t& mutex) {
    if (!is_simulated()) return;
    fibers().pass();
    while (word_of(mutex) != 0) fibers().wait(&mutex);
    word_of(mutex) = 1;
}
void unlock(pthread_mutex_t& mutex) {
    if (!is_simulated()) return;
    word_of(mutex) = 0;
    fibers().wake_one(&mutex);
    fibers().pass();
}

// True: woken, or the deadline has not come.
bool wait_unlocked(const void* condition, pthread_mutex_t& mutex, std::optional<Nanos> deadline) {
    word_of(mutex) = 0;
    fibers().wake_one(&mutex);
    const bool was_woken = fibers().wait(condition, deadline);
    while (word_of(mutex) != 0) fibers().wait(&mutex);
    word_of(mutex) = 1;
    return was_woken;
}

}  // namespace

void begin_machine(Random& secrets) { machine = Machine{.secrets = &secrets, .events = {}}; }
void end_process() { machine.events.clear(); }
void set_wall_clock(Nanos since_epoch) { machine.wall_at_start = since_epoch - fibers().now(); }
Nanos wall_clock() { return machine.wall_at_start + fibers().now(); }

}  // namespace stepwell::sim

using namespace stepwell;       // NOLINT: the names below are the linker's
using namespace stepwell::sim;  // NOLINT

#define SW_WRAP(name) __wrap_##name

extern "C" {

int __real_close(int descriptor);
ssize_t __real_read(int descriptor, void* bytes, size_t count);
ssize_t __real_write(int descriptor, const void* bytes, size_t count);

// ---- what a thread keeps for itself -------------------------------------------------------------

// "No plain texts": the caller reads the body the long way, which keeps nothing in the thread.
bool SW_WRAP(
    _ZN8stepwell4json16read_plain_textsERNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEESt4spanINS0_9PlainTextELm18446744073709551615EE)(
    void*, void*, std::size_t) {
    return false;
}

// ---- locks -------------------------------------------------------------------------------------

int SW_WRAP(pthread_mutex_lock)(pthread_mutex_t* mutex) {
    lock(*mutex);
    return 0;
}
int SW_WRAP(pthread_mutex_trylock)(pthread_mutex_t* mutex) {
    if (word_of(*mutex) != 0) return EBUSY;
    lock(*mutex);
    return 0;
}
int SW_WRAP(pthread_mutex_unlock)(pthread_mutex_t* mutex) {
    unlock(*mutex);
    return 0;
}
int SW_WRAP(pthread_rwlock_rdlock)(pthread_rwlock_t* lock) {
    fibers().pass();
    while (lock->__data.__writers != 0) fibers().wait(lock);
    ++lock->__data.__readers;
    return 0;
}
int SW_WRAP(pthread_rwlock_wrlock)(pthread_rwlock_t* lock) {
    fibers().pass();
    while (lock->__data.__writers != 0 || lock->__data.__readers != 0) fibers().wait(lock);
    lock->__data.__writers = 1;
    return 0;
}
int SW_WRAP(pthread_rwlock_unlock)(pthread_rwlock_t* lock) {
    if (lock->__data.__writers != 0) {
        lock->__data.__writers = 0;
    } else {
        --lock->__data.__readers;
    }
    fibers().wake_all(lock);
    fibers().pass();
    return 0;
}

// ---- waiting for conditions --------------------------------------------------------------------

void SW_WRAP(_ZNSt18condition_variable4waitERSt11unique_lockISt5mutexE)(
    std::condition_variable* condition, std::unique_lock<std::mutex>* lock) {
    wait_unlocked(condition, *lock->mutex()->native_handle(), {});
}
void SW_WRAP(_ZNSt18condition_variable10notify_oneEv)(std::condition_variable* condition) {
    fibers().wake_one(condition);
    fibers().pass();
}
void SW_WRAP(_ZNSt18condition_variable10notify_allEv)(std::condition_variable* condition) {
    fibers().wake_all(condition);
    fibers().pass();
}
// Of Asio's loops, which wait for work that is posted; there are no sockets here.
int SW_WRAP(pthread_cond_wait)(pthread_cond_t* condition, pthread_mutex_t* mutex) {
    wait_unlocked(condition, *mutex, {});
    return 0;
}
int SW_WRAP(pthread_cond_signal)(pthread_cond_t* condition) {
    fibers().wake_one(condition);
    return 0;
}
int SW_WRAP(pthread_cond_broadcast)(pthread_cond_t* condition) {
    fibers().wake_all(condition);
    return 0;
}
int SW_WRAP(pthread_cond_clockwait)(pthread_cond_t* condition, pthread_mutex_t* mutex, clockid_t,
                                    const timespec* deadline) {
    return wait_unlocked(condition, *mutex, nanos_of(*deadline)) ? 0 : ETIMEDOUT;
}

// Of std::promise and std::future.
bool SW_WRAP(
    _ZNSt28__atomic_futex_unsigned_base19_M_futex_wait_untilEPjjbNSt6chrono8durationIlSt5ratioILl1ELl1EEEENS2_IlS3_ILl1ELl1000000000EEEE)(
    void*, unsigned* word, unsigned value, bool has_timeout, std::chrono::seconds,
    std::chrono::nanoseconds) {
    SW_ASSERT(!has_timeout);
    while (*word == value) fibers().wait(word);
    return true;
}
void SW_WRAP(_ZNSt28__atomic_futex_unsigned_base19_M_futex_notify_allEPj)(unsigned* word) {
    fibers().wake_all(word);
}

// Of std::atomic::wait.
long SW_WRAP(syscall)(long number, ...) {
    SW_ASSERT(number == SYS_futex);
    va_list arguments;
    va_start(arguments, number);
    auto* const word = va_arg(arguments, unsigned*);
    const int operation = va_arg(arguments, int) & FUTEX_CMD_MASK;
    const auto value = va_arg(arguments, unsigned);
    va_end(arguments);
    if (operation == FUTEX_WAIT) {
        if (*word == value) fibers().wait(word);
    } else {
        fibers().wake_all(word);
    }
    return 0;
}

// ---- threads -----------------------------------------------------------------------------------

void SW_WRAP(_ZNSt6thread15_M_start_threadESt10unique_ptrINS_6_StateESt14default_deleteIS1_EEPFvvE)(
    std::thread* thread, std::unique_ptr<std::thread::_State>* state, void (*)()) {
    auto shared = std::shared_ptr<std::thread::_State>(state->release());
    const Fibers::Id id = fibers().spawn([shared = std::move(shared)] { shared->_M_run(); });
    static_assert(sizeof(*thread) == sizeof(id));
    std::memcpy(static_cast<void*>(thread), &id, sizeof id);
    fibers().pass();
}
void SW_WRAP(_ZNSt6thread4joinEv)(std::thread* thread) {
    Fibers::Id id = 0;
    std::memcpy(&id, static_cast<const void*>(thread), sizeof id);
    SW_ASSERT(id != 0);
    while (!fibers().has_ended(id)) fibers().wait(reinterpret_cast<const void*>(id));
    id = 0;
    std::memcpy(static_cast<void*>(thread), &id, sizeof id);
}
int SW_WRAP(sched_yield)() {
    fibers().yield();
    return 0;
}
pthread_t SW_WRAP(pthread_self)() { return fibers().running(); }
int SW_WRAP(pthread_setname_np)(pthread_t, const char*) { return 0; }

// ---- wake-ups ----------------------------------------------------------------------------------

int SW_WRAP(eventfd)(unsigned count, int) {
    machine.events.emplace(machine.next_event, count);
    return machine.next_event++;
}
ssize_t SW_WRAP(write)(int descriptor, const void* bytes, size_t count) {
    if (descriptor < first_event) return __real_write(descriptor, bytes, count);
    std::uint64_t& event = machine.events[descriptor];
    ++event;
    fibers().wake_all(&event);
    fibers().pass();
    return static_cast<ssize_t>(count);
}
ssize_t SW_WRAP(read)(int descriptor, void* bytes, size_t count) {
    if (descriptor < first_event) return __real_read(descriptor, bytes, count);
    std::uint64_t& event = machine.events[descriptor];
    SW_ASSERT(count == sizeof event);
    std::memcpy(bytes, &event, sizeof event);
    event = 0;
    return static_cast<ssize_t>(count);
}
int SW_WRAP(close)(int descriptor) {
    if (descriptor < first_event) return __real_close(descriptor);
    machine.events.erase(descriptor);
    return 0;
}
int SW_WRAP(ppoll)(pollfd* polled, nfds_t count, const timespec* limit, const sigset_t*) {
    SW_ASSERT(count == 1);
    const std::uint64_t& event = machine.events[polled->fd];
    if (event == 0) {
        std::optional<Nanos> deadline;
        if (limit != nullptr) deadline = fibers().now() + nanos_of(*limit);
        fibers().wait(&event, deadline);
    }
    return event == 0 ? 0 : 1;
}

// ---- time, chance, and the data directory's lock -----------------------------------------------

Nanos SW_WRAP(_ZNSt6chrono3_V212steady_clock3nowEv)() { return fibers().now(); }
Nanos SW_WRAP(_ZNSt6chrono3_V212system_clock3nowEv)() { return wall_clock(); }
ssize_t SW_WRAP(getrandom)(void* bytes, size_t count, unsigned) {
    auto* at = static_cast<unsigned char*>(bytes);
    for (size_t i = 0; i < count; ++i) at[i] = static_cast<unsigned char>(machine.secrets->next());
    return static_cast<ssize_t>(count);
}
// A process that was abandoned has not closed its files, but holds no lock any more.
int SW_WRAP(flock)(int, int) { return 0; }

}  // extern "C"
