#include "journal/storage.hpp"

#include <future>
#include <utility>

namespace stepwell {

namespace {

/// Tells one waiter when it is destroyed: after its action ran, or when a failed storage dropped it
/// unrun.
class Farewell {
 public:
    explicit Farewell(std::shared_ptr<std::promise<void>> gone) : gone_(std::move(gone)) {}
    Farewell(Farewell&& other) noexcept = default;
    Farewell& operator=(Farewell&&) = delete;
    ~Farewell() {
        if (gone_ != nullptr) gone_->set_value();
    }

 private:
    std::shared_ptr<std::promise<void>>
        gone_;  // shared: the waiter may be gone before set_value returns
};

}  // namespace

void Storage::wait_until_applied(JournalSequence sequence) {
    const auto gone = std::make_shared<std::promise<void>>();
    when_applied(sequence, [farewell = Farewell(gone)] {});
    gone->get_future().wait();
}

}  // namespace stepwell
