#include "sim/fibers.hpp"

#include <sys/mman.h>
#include <ucontext.h>

#include <algorithm>
#include <boost/asio/detail/call_stack.hpp>
#include <boost/asio/detail/thread_context.hpp>
#include <boost/asio/detail/tss_ptr.hpp>

#include "base/assert.hpp"

#if defined(__SANITIZE_ADDRESS__)
#define SW_SIM_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SW_SIM_ASAN 1
#endif
#endif
#ifdef SW_SIM_ASAN
#include <sanitizer/common_interface_defs.h>
#endif

namespace stepwell::sim {

namespace {

constexpr std::size_t stack_bytes = 512 << 10;
constexpr Nanos switch_nanos_max = 2'000;

Fibers* active_fibers = nullptr;

// By this Asio knows which of its loops the present thread is in.
using AsioCalls = boost::asio::detail::call_stack<boost::asio::detail::thread_context,
                                                  boost::asio::detail::thread_info_base>::context;
boost::asio::detail::tss_ptr<AsioCalls> asio_calls;

void* make_stack() {
    void* const stack = ::mmap(nullptr, stack_bytes, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    SW_ASSERT(stack != MAP_FAILED);
    const int guarded = ::mprotect(stack, 4096, PROT_NONE);  // what grows into it stops there
    SW_ASSERT(guarded == 0);
    return stack;
}

}  // namespace

struct Fibers::Fiber {
    Id id = 0;
    std::function<void()> body;
    ucontext_t context{};
    void* stack = nullptr;
    const void* waits_on = nullptr;
    std::optional<Nanos> deadline;
    bool was_woken = false;
    bool has_ended = false;
    AsioCalls* asio_calls = nullptr;  // its own value of Asio's thread-local variable
    // Of the sanitizer's.
    void* fake_stack = nullptr;
    const void* stack_bottom = nullptr;
    std::size_t stack_size = 0;
};

namespace {

// Switches stacks, and tells the sanitizer of it. `ends`: the one that is left never comes back.
template <class Fiber>
void switch_stacks(Fiber& from, Fiber& to, [[maybe_unused]] bool ends) {
#ifdef SW_SIM_ASAN
    __sanitizer_start_switch_fiber(ends ? nullptr : &from.fake_stack, to.stack_bottom,
                                   to.stack_size);
#endif
    ::swapcontext(&from.context, &to.context);
#ifdef SW_SIM_ASAN
    __sanitizer_finish_switch_fiber(from.fake_stack, nullptr, nullptr);
#endif
}

}  // namespace

Fibers::Fibers(Random& random, Trace& trace)
    : random_(random), trace_(trace), pass_odds_(0), driver_(std::make_unique<Fiber>()) {
    SW_ASSERT(active_fibers == nullptr);
    active_fibers = this;
    constexpr std::uint64_t odds[] = {2, 8, 32, 256, 4096};
    pass_odds_ = odds[random_.next() % std::size(odds)];
}

Fibers::~Fibers() {
    abandon();
    for (void* const stack : stacks_) ::munmap(stack, stack_bytes);
    active_fibers = nullptr;
}

Fibers* Fibers::active() noexcept { return active_fibers; }

Fibers::Id Fibers::running() const noexcept { return running_ == nullptr ? 0 : running_->id; }

// ---- the driver's ------------------------------------------------------------------------------

bool Fibers::run(const std::function<bool()>& is_over, Nanos until) {
    SW_ASSERT(running_ == nullptr);
    while (!is_over()) {
        if (ready_.empty()) {
            if (deadlines_.empty()) return false;
            now_ = std::max(now_, deadlines_.begin()->first.first);
        }
        if (now_ >= until) return true;
        wake_due();
        Fiber& next = draw_ready();
        running_ = &next;
        ++switches_;
        trace_.add(next.id);
        trace_.add(static_cast<std::uint64_t>(now_));
        asio_calls = next.asio_calls;
        switch_stacks(*driver_, next, false);
        next.asio_calls = asio_calls;
        asio_calls = nullptr;
        running_ = nullptr;
        if (next.has_ended) {
            stacks_.push_back(next.stack);
            const Id id = next.id;
            fibers_.erase(id);
            wake_all(reinterpret_cast<const void*>(id));
        }
        now_ += static_cast<Nanos>(random_.next() % switch_nanos_max);
    }
    return true;
}

void Fibers::abandon() {
    SW_ASSERT(running_ == nullptr);
    for (auto& [id, fiber] : fibers_) {
        // A body that has begun lives on its stack, and is left as it is; its captures are the
        // process's memory.
        static_cast<void>(new std::function<void()>(std::move(fiber->body)));
        stacks_.push_back(fiber->stack);
    }
    ready_.clear();
    waiting_.clear();
    deadlines_.clear();
    fibers_.clear();
}

Fibers::Fiber& Fibers::draw_ready() {
    SW_ASSERT(!ready_.empty());
    const std::size_t at = random_.next() % ready_.size();
    Fiber& drawn = *ready_[at];
    ready_[at] = ready_.back();
    ready_.pop_back();
    return drawn;
}

void Fibers::wake_due() {
    while (!deadlines_.empty() && deadlines_.begin()->first.first <= now_) {
        Fiber& fiber = *deadlines_.begin()->second;
        forget_wait(fiber);
        make_ready(fiber);
    }
}

// ---- the fibers' -------------------------------------------------------------------------------

void Fibers::enter() {
    Fibers& fibers = *active_fibers;
    Fiber& self = *fibers.running_;
#ifdef SW_SIM_ASAN
    __sanitizer_finish_switch_fiber(nullptr, &fibers.driver_->stack_bottom,
                                    &fibers.driver_->stack_size);
#endif
    self.body();
    self.body = nullptr;
    self.has_ended = true;
    switch_stacks(self, *fibers.driver_, true);
    SW_PANIC("a fiber that has ended went on");
}

Fibers::Id Fibers::spawn(std::function<void()> body) {
    auto fiber = std::make_unique<Fiber>();
    fiber->id = next_id_++;
    fiber->body = std::move(body);
    if (stacks_.empty()) stacks_.push_back(make_stack());
    fiber->stack = stacks_.back();
    stacks_.pop_back();
    start_fiber(*fiber);
    Fiber& made = *fiber;
    fibers_.emplace(made.id, std::move(fiber));
    make_ready(made);
    return made.id;
}

void Fibers::start_fiber(Fiber& fiber) {
    fiber.stack_bottom = fiber.stack;
    fiber.stack_size = stack_bytes;
    ::getcontext(&fiber.context);
    fiber.context.uc_stack.ss_sp = fiber.stack;
    fiber.context.uc_stack.ss_size = stack_bytes;
    fiber.context.uc_link = nullptr;
    ::makecontext(&fiber.context, &Fibers::enter, 0);
}

void Fibers::leave() { switch_stacks(*running_, *driver_, false); }

void Fibers::make_ready(Fiber& fiber) { ready_.push_back(&fiber); }

void Fibers::pass() {
    if (running_ != nullptr && random_.next() % pass_odds_ == 0) yield();
}

void Fibers::yield() {
    if (running_ == nullptr) return;
    make_ready(*running_);
    leave();
}

bool Fibers::wait(const void* on, std::optional<Nanos> deadline) {
    SW_ASSERT(running_ != nullptr);
    Fiber& self = *running_;
    self.waits_on = on;
    self.deadline = deadline;
    self.was_woken = false;
    if (on != nullptr) waiting_[on].push_back(&self);
    if (deadline) deadlines_.emplace(std::pair{*deadline, self.id}, &self);
    leave();
    return self.was_woken;
}

void Fibers::forget_wait(Fiber& fiber) {
    if (fiber.waits_on != nullptr) {
        const auto found = waiting_.find(fiber.waits_on);
        std::erase(found->second, &fiber);
        if (found->second.empty()) waiting_.erase(found);
    }
    if (fiber.deadline) deadlines_.erase({*fiber.deadline, fiber.id});
    fiber.waits_on = nullptr;
    fiber.deadline.reset();
}

void Fibers::wake_one(const void* on) {
    const auto found = waiting_.find(on);
    if (found == waiting_.end()) return;
    Fiber& fiber = *found->second[random_.next() % found->second.size()];
    forget_wait(fiber);
    fiber.was_woken = true;
    make_ready(fiber);
}

void Fibers::wake_all(const void* on) {
    while (waiting_.contains(on)) wake_one(on);
}

void Fibers::sleep(Nanos duration) {
    if (running_ != nullptr) wait(nullptr, now_ + duration);
}

}  // namespace stepwell::sim
