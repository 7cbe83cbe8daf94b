// The barest log that many may wait for: what is appended while one group is written is the next.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>
#include <thread>

#include "sched/wake_up.hpp"

namespace stepwell::bench {

/// Appends to a buffer of one thread; a thread of its own writes the buffer's groups to a file that
/// was filled with zeros beforehand, with O_DIRECT | O_DSYNC, or pwrite and fdatasync where the
/// file system has no such thing. The file is used again from its start when it is full: it is a
/// measure of cost, nobody reads it.
///
/// Without a file, what was appended is forgotten and counts as synced.
///
/// threads  synced: any; everything else: one
class SketchLog {
 public:
    /// `on_synced` is signalled after each group. An empty path: no file.
    SketchLog(const std::filesystem::path& path, sched::WakeUp& on_synced);
    ~SketchLog();
    SketchLog(const SketchLog&) = delete;
    SketchLog& operator=(const SketchLog&) = delete;

    /// Whether `bytes` more fit into the buffer; if not, wait for the next group.
    bool has_room(std::size_t bytes) const noexcept { return filled_ + bytes <= buffer_bytes; }
    void append(std::string_view record) noexcept;
    /// Hands what was appended to the writer, if that is idle.
    void flush() noexcept;

    /// Bytes appended so far, and how many of them are durable.
    std::uint64_t appended() const noexcept { return appended_; }
    std::uint64_t synced() const noexcept { return synced_.load(std::memory_order_acquire); }

 private:
    // Invariants
    //  (1) group_bytes_ is 0 while the writer is idle; only the owner sets it, only the writer
    //  clears it.
    //  (2) While it is not 0, writing_ is the writer's, and filling_ always the owner's.
    static constexpr std::size_t block_bytes = 4'096;
    static constexpr std::size_t buffer_bytes = 16 << 20;
    static constexpr std::uint64_t file_bytes = 256 << 20;
    struct Free {
        void operator()(char* memory) const noexcept;
    };
    using Buffer = std::unique_ptr<char[], Free>;
    static Buffer make_buffer();

    void open(const std::filesystem::path& path);
    void write_groups();
    void write_group(std::size_t bytes);

    sched::WakeUp& on_synced_;
    int file_ = -1;
    bool needs_sync_ = false;

    // The owner's.
    Buffer filling_ = make_buffer();
    std::size_t filled_ = 0;
    std::uint64_t appended_ = 0;

    // Handed over by group_bytes_ (release), and back (acquire).
    Buffer writing_ = make_buffer();
    std::uint64_t group_end_ = 0;  // what is synced once the group is
    std::uint64_t offset_ = 0;     // the writer's: in the file

    alignas(64) std::atomic<std::size_t> group_bytes_{0};
    std::atomic<std::uint64_t> synced_{0};
    std::atomic<bool> is_over_{false};
    sched::WakeUp to_writer_;
    std::thread writer_;
};

}  // namespace stepwell::bench
