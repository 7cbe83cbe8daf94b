#include "journal/segmented_log.hpp"

#include <pthread.h>

#include <algorithm>
#include <cstring>

#include "base/assert.hpp"
#include "base/errors.hpp"
#include "base/try.hpp"

namespace stepwell::journal {

namespace {

constexpr std::string_view log_folder = "log";
constexpr std::string_view high_water_name = "high-water";

std::size_t varint_bytes(std::uint64_t value) {
    std::size_t bytes = 1;
    for (; value >= 0x80; value >>= 7) ++bytes;
    return bytes;
}

char* write_varint(char* at, std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) *at++ = static_cast<char>((value & 0x7F) | 0x80);
    *at++ = static_cast<char>(value);
    return at;
}

}  // namespace

Result<> SegmentedLog::create(const Options& options) {
    // The high-water file comes first: a log without one has lost it.
    auto marked = HighWater::create(*options.file_system, options.directory / high_water_name,
                                    Seal(options.id), options.durability);
    if (!marked.has_value()) return marked.error();
    auto made = options.file_system->make_directory(options.directory / log_folder);
    if (!made.has_value()) return made.error();
    return options.file_system->sync_directory(options.directory);
}

Result<std::unique_ptr<SegmentedLog>> SegmentedLog::open(Options options) {
    SW_TRY(auto high_water,
           HighWater::open(*options.file_system, options.directory / high_water_name,
                           Seal(options.id), options.durability));
    std::unique_ptr<SegmentedLog> log(new SegmentedLog(std::move(options), std::move(high_water)));
    SW_TRY(log->segments_, log->directory_.find());
    return log;
}

SegmentedLog::SegmentedLog(Options options, std::unique_ptr<HighWater> high_water)
    : options_(std::move(options)),
      seal_(options_.id),
      high_water_(std::move(high_water)),
      directory_(*options_.file_system, options_.directory / log_folder) {}

SegmentedLog::~SegmentedLog() {
    if (!keeper_.joinable()) return;
    {
        const std::scoped_lock lock(mutex_);
        is_closing_ = true;
        keeper_wakes_.notify_one();
    }
    keeper_.join();
    if (failure_) return;
    // The last mark; should it not get to the device, it lags, which is allowed.
    static_cast<void>(high_water_->record(end_.sequence, JournalSequence{synced_.load()}));
    static_cast<void>(high_water_->sync());
}

Position SegmentedLog::origin() const {
    return Position{.segment = 1, .offset = block_bytes, .hash = seal_.genesis()};
}

std::uint64_t SegmentedLog::bytes_behind(const Position& from) const {
    const std::scoped_lock lock(mutex_);
    std::uint64_t bytes = 0;
    for (const SegmentFile& file : segments_) {
        if (file.segment >= from.segment) bytes += file.capacity_bytes;
    }
    return bytes - std::min(bytes, from.offset);
}

// ---- opening -----------------------------------------------------------------------------------

Result<Position> SegmentedLog::replay(Position from, const Visitor& visit) {
    SW_ASSERT(!keeper_.joinable());
    const HighWater::Mark mark = high_water_->found();
    if (segments_.empty() && from == origin() && number(mark.acknowledged) == 0) {
        SW_TRY(const SegmentFile made, directory_.make(1, segment_bytes_first));
        segments_.push_back(made);
    }
    if (auto synced = sync_segments(from); !synced.has_value()) return synced.error();
    LogReader reader(files(), directory_, seal_, segments_, mark);
    SW_TRY(const LogReader::End end, reader.read(from, visit));
    if (auto cut = cut_off(end); !cut.has_value()) return cut.error();
    if (auto started = start_at(end); !started.has_value()) return started.error();
    return end_;
}

// What is read may stand in the page cache only. It is acted upon from now on, so it must not get
// lost any more.
Result<> SegmentedLog::sync_segments(const Position& from) {
    for (const SegmentFile& segment : segments_) {
        if (segment.segment < from.segment) continue;
        SW_TRY(const auto file, files().open(directory_.path_of(segment.segment), Access::write));
        if (auto synced = journal::sync(*file); !synced.has_value()) return synced;
    }
    return {};
}

Result<> SegmentedLog::cut_off(const LogReader::End& end) {
    const std::string zeros(block_bytes, '\0');
    for (const auto& stale : end.stale) {
        SW_TRY(const auto file, files().open(directory_.path_of(stale.segment), Access::write));
        auto wiped = write_all(*file, stale.offset, zeros);
        if (!wiped.has_value()) return wiped;
        if (auto synced = journal::sync(*file); !synced.has_value()) return synced;
    }
    commits_lost_ = end.commits_lost;
    const JournalSequence last = end.position.sequence;
    const bool is_known = high_water_->found().synced == last &&
                          high_water_->found().is_same_boot &&
                          high_water_->found().durability == options_.durability;
    if (is_known) return {};
    if (auto recorded = high_water_->record(last, last); !recorded.has_value()) return recorded;
    return high_water_->sync();
}

Result<> SegmentedLog::start_at(const LogReader::End& end) {
    end_ = end.position;
    synced_ = appended_ = number(end_.sequence);
    capacity_bytes_ = end.capacity_bytes;
    SW_TRY(file_, files().open(directory_.path_of(end_.segment), access()));
    std::vector<SegmentFile> kept;
    for (const SegmentFile& file : segments_) {
        if (file.segment <= end_.segment) {
            kept.push_back(file);
        } else if (file.segment == end_.segment + 1 && file.capacity_bytes > block_bytes) {
            kept.push_back(file);
            prepared_ = file;
        } else if (auto removed = directory_.remove(file.segment); !removed.has_value()) {
            return removed;
        }
    }
    segments_ = std::move(kept);
    keeper_ = std::thread([this] { keep(); });
    return {};
}

// ---- appending ---------------------------------------------------------------------------------

Result<Position> SegmentedLog::append(std::span<const std::string_view> batches) {
    SW_ASSERT(!batches.empty());
    const std::uint64_t record_bytes = encode(batches);
    const std::uint64_t needed = whole_blocks(record_bytes);
    if (end_.offset + needed > capacity_bytes_) {
        auto entered = enter_next_segment(needed);
        if (!entered.has_value()) return entered.error();
    }
    const bool is_first = end_.offset == block_bytes;
    if (is_first) put_segment_header();
    seal(record_bytes, batches.size());
    if (auto written = write(record_bytes, is_first); !written.has_value()) return written.error();
    RecordHeader header;
    std::memcpy(&header, buffer_.data() + block_bytes, sizeof(header));
    end_.sequence = JournalSequence{number(end_.sequence) + batches.size()};
    end_.offset += needed;
    end_.hash = header.hash;
    if (buffer_.capacity() > buffer_bytes_kept) buffer_.release();
    return acknowledge();
}

/// Moves the mark on, and lets the keeper know what there is to do.
Result<Position> SegmentedLog::acknowledge() {
    // release: pairs with sync(), which then puts on the device what was written before
    appended_.store(number(end_.sequence), std::memory_order_release);
    if (options_.durability == Durability::sync) {
        synced_.store(number(end_.sequence),
                      std::memory_order_relaxed);  // relaxed: read by this thread
    }
    auto marked = high_water_->record(
        end_.sequence,
        JournalSequence{synced_.load(std::memory_order_acquire)});  // acquire: pairs with sync()
    if (!marked.has_value()) return marked.error();
    const std::scoped_lock lock(mutex_);
    if (failure_) return *failure_;
    const bool prepares = !prepared_ && prepare_segment_ == 0 &&
                          unprepared_segment_ != end_.segment + 1 &&
                          end_.offset > capacity_bytes_ / 2;
    if (prepares) {
        prepare_segment_ = end_.segment + 1;
        prepare_bytes_ = std::min(capacity_bytes_ * segment_growth, options_.segment_bytes_max);
    }
    if (!is_mark_dirty_ || prepares) keeper_wakes_.notify_one();
    is_mark_dirty_ = true;
    return end_;
}

/// Puts the commits behind room for both headers; the record's length.
std::uint64_t SegmentedLog::encode(std::span<const std::string_view> batches) {
    std::uint64_t payload_bytes = 0;
    for (const auto batch : batches) {
        SW_ASSERT(!batch.empty());
        SW_ASSERT(batch.size() <= UINT32_MAX);
        payload_bytes += varint_bytes(batch.size()) + batch.size();
    }
    const std::uint64_t record_bytes = sizeof(RecordHeader) + payload_bytes;
    const std::uint64_t padded_bytes = whole_blocks(record_bytes);
    buffer_.reserve(block_bytes + padded_bytes);
    char* const record = buffer_.data() + block_bytes;
    char* at = record + sizeof(RecordHeader);
    for (const auto batch : batches) {
        at = write_varint(at, batch.size());
        std::memcpy(at, batch.data(), batch.size());
        at += batch.size();
    }
    SW_ASSERT(at == record + record_bytes);
    std::memset(at, 0, padded_bytes - record_bytes);
    return record_bytes;
}

void SegmentedLog::put_segment_header() {
    SegmentHeader header{};
    header.segment = end_.segment;
    header.capacity_bytes = capacity_bytes_;
    header.first_sequence = number(end_.sequence) + 1;
    header.previous_hash = end_.hash;
    seal_.seal(header);
    std::memset(buffer_.data(), 0, block_bytes);
    std::memcpy(buffer_.data(), &header, sizeof(header));
}

void SegmentedLog::seal(std::uint64_t record_bytes, std::size_t commits) {
    RecordHeader header{};
    header.commit_count = static_cast<std::uint32_t>(commits);
    header.payload_bytes = record_bytes - sizeof(header);
    header.first_sequence = number(end_.sequence) + 1;
    header.segment = end_.segment;
    header.offset = end_.offset;
    header.previous_hash = end_.hash;
    char* const record = buffer_.data() + block_bytes;
    std::memcpy(record, &header, sizeof(header));
    seal_.seal_record({record, static_cast<std::size_t>(record_bytes)});
}

Result<> SegmentedLog::enter_next_segment(std::uint64_t bytes_needed) {
    const std::uint64_t segment = end_.segment + 1;
    SW_TRY(const SegmentFile next, take_prepared(segment, bytes_needed + block_bytes));
    SW_TRY(std::shared_ptr<File> file, files().open(directory_.path_of(segment), access()));
    end_.segment = segment;
    end_.offset = block_bytes;
    capacity_bytes_ = next.capacity_bytes;
    const std::scoped_lock lock(mutex_);
    if (options_.durability == Durability::os) unsynced_.push_back(std::move(file_));
    file_ = std::move(file);
    return {};
}

/// The segment that the keeper has made ready, or one made now: because it is late, or because a
/// record is larger.
Result<SegmentFile> SegmentedLog::take_prepared(std::uint64_t segment, std::uint64_t bytes_needed) {
    std::unique_lock lock(mutex_);
    prepared_or_failed_.wait(lock, [this] { return !is_preparing_; });
    if (failure_) return *failure_;
    prepare_segment_ = 0;
    if (prepared_ && prepared_->capacity_bytes >= bytes_needed) {
        return *std::exchange(prepared_, std::nullopt);
    }
    if (prepared_) {
        segments_.pop_back();  // too short for this record: its name goes to a longer file
        prepared_.reset();
        if (auto removed = directory_.remove(segment); !removed.has_value()) return removed.error();
    }
    const std::uint64_t planned =
        std::min(capacity_bytes_ * segment_growth, options_.segment_bytes_max);
    const std::uint64_t capacity = std::max(planned, whole_blocks(bytes_needed));
    SW_TRY(const SegmentFile made, directory_.make(segment, capacity));
    segments_.push_back(made);
    return made;
}

Result<> SegmentedLog::write(std::uint64_t record_bytes, bool is_first) {
    const std::uint64_t needed = whole_blocks(record_bytes);
    // A segment's header is on the device before its first record is begun: a record without a
    // header is damage, and must not be what a loss of power leaves.
    if (is_first) {
        if (auto begun = write_at(0, {buffer_.data(), block_bytes}); !begun.has_value())
            return begun;
    }
    groups_.fetch_add(1, std::memory_order_relaxed);
    return write_at(end_.offset, {buffer_.data() + block_bytes, static_cast<std::size_t>(needed)});
}

Result<> SegmentedLog::write_at(std::uint64_t offset, std::span<const char> data) {
    // file_ is replaced by this thread only, so that it may be read here without the mutex.
    if (auto written = write_all(*file_, offset, data); !written.has_value()) return written;
    bytes_.fetch_add(data.size(), std::memory_order_relaxed);
    if (options_.durability == Durability::os) return {};
    syncs_.fetch_add(1, std::memory_order_relaxed);
    return journal::sync(*file_);
}

Result<> SegmentedLog::sync() {
    if (options_.durability == Durability::sync) return {};
    // acquire: what was appended up to here is in the files that are synced below
    const std::uint64_t appended = appended_.load(std::memory_order_acquire);
    std::vector<std::shared_ptr<File>> unsynced;
    {
        const std::scoped_lock lock(mutex_);
        unsynced.swap(unsynced_);
        unsynced.push_back(file_);
    }
    for (const auto& file : unsynced) {
        syncs_.fetch_add(1, std::memory_order_relaxed);
        if (auto synced = journal::sync(*file); !synced.has_value()) return synced;
    }
    synced_.store(appended, std::memory_order_release);  // release: pairs with acknowledge()
    return {};
}

Result<> SegmentedLog::truncate(const Position& position) {
    const std::scoped_lock lock(mutex_);
    if (failure_) return *failure_;
    const auto needed = std::find_if(segments_.begin(), segments_.end(), [&](const auto& file) {
        return file.segment >= position.segment;
    });
    retired_.insert(retired_.end(), segments_.begin(), needed);
    segments_.erase(segments_.begin(), needed);
    if (!retired_.empty()) keeper_wakes_.notify_one();
    return {};
}

Journal::Statistics SegmentedLog::statistics() const noexcept {
    return {.groups = groups_.load(std::memory_order_relaxed),
            .syncs = syncs_.load(std::memory_order_relaxed),
            .bytes = bytes_.load(std::memory_order_relaxed)};
}

// ---- the keeper --------------------------------------------------------------------------------

void SegmentedLog::keep() {
    ::pthread_setname_np(::pthread_self(), "sw-log");
    std::unique_lock lock(mutex_);
    while (!failure_) {
        const bool has_work = prepare_segment_ != 0 || !retired_.empty();
        if (has_work || (is_mark_dirty_ && std::chrono::steady_clock::now() >= mark_due_) ||
            is_closing_) {
            keep_once(lock);
            if (is_closing_ && !is_mark_dirty_ && retired_.empty()) return;
        } else if (is_mark_dirty_) {
            keeper_wakes_.wait_until(lock, mark_due_);
        } else {
            keeper_wakes_.wait(lock);
        }
    }
    prepared_or_failed_.notify_all();
}

void SegmentedLog::keep_once(std::unique_lock<std::mutex>& lock) {
    if (prepare_segment_ != 0 && !is_closing_) prepare(lock);
    if (!failure_ && !retired_.empty()) retire(lock);
    const bool is_due = is_closing_ || std::chrono::steady_clock::now() >= mark_due_;
    if (!failure_ && is_mark_dirty_ && is_due) sync_mark(lock);
}

void SegmentedLog::prepare(std::unique_lock<std::mutex>& lock) {
    is_preparing_ = true;
    const std::uint64_t segment = prepare_segment_;
    const std::uint64_t bytes = prepare_bytes_;
    lock.unlock();
    auto made = directory_.make(segment, bytes);
    lock.lock();
    is_preparing_ = false;
    prepare_segment_ = 0;
    if (made.has_value()) {
        prepared_ = *made;
        segments_.push_back(*made);
    } else {
        unprepared_segment_ =
            segment;  // the writer tries once more when it needs it, and reports that error
    }
    prepared_or_failed_.notify_all();
}

void SegmentedLog::retire(std::unique_lock<std::mutex>& lock) {
    std::vector<SegmentFile> retired;
    retired.swap(retired_);
    is_preparing_ = true;  // invariant (2): directory_ is in use
    lock.unlock();
    std::optional<Error> error;
    for (const SegmentFile& file : retired) {
        auto done = directory_.retire(file, options_.segment_bytes_max);
        if (!done.has_value()) error = done.error();
    }
    lock.lock();
    is_preparing_ = false;
    if (error) failure_ = *error;
    prepared_or_failed_.notify_all();
}

void SegmentedLog::sync_mark(std::unique_lock<std::mutex>& lock) {
    is_mark_dirty_ = false;
    lock.unlock();
    auto synced = high_water_->sync();
    lock.lock();
    if (!synced.has_value()) failure_ = synced.error();
    mark_due_ = std::chrono::steady_clock::now() + mark_interval;
}

}  // namespace stepwell::journal
