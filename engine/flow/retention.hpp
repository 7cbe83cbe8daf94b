// Executions that ended long ago are deleted.
#pragma once

#include <memory>

#include <stepwell/clock.hpp>
#include <stepwell/journal.hpp>

namespace stepwell::flow {

/// Deletes what is stored of executions of STANDARD machines once they have been over for the
/// period: their records, histories, names, listings and map runs. From then on they do not exist,
/// and their names are free again.
///
/// Each hour it goes through those that may be old enough, a small commit after the other, each
/// when the store has the one before: nobody waits for it. An execution that was redriven and runs
/// is left alone, however long ago it ended before.
///
/// threads  begin and end: one; it has a thread of its own
/// source   AWS Step Functions Developer Guide, "Quotas": 90 days
class Retention {
 public:
    /// `clock` and `storage` outlive this.
    Retention(milliseconds period, Clock& clock, Storage& storage);
    ~Retention();  ///< as end
    Retention(const Retention&) = delete;
    Retention& operator=(const Retention&) = delete;

    void begin();
    /// Nothing is read or committed any more when this returns.
    void end();

 private:
    struct Sweep;
    std::shared_ptr<Sweep> sweep_;
};

}  // namespace stepwell::flow
