#include "journal/storage.hpp"

#include <future>
#include <utility>

namespace stepwell {

void Storage::wait_until_applied(JournalSequence sequence) {
    auto applied = std::make_shared<std::promise<void>>();
    auto done = applied->get_future();
    when_applied(sequence, [applied = std::move(applied)] { applied->set_value(); });
    done.wait();  // ends also when a failed storage drops the action unrun: the promise is broken
                  // then
}

}  // namespace stepwell
