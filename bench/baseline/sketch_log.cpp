#include "baseline/sketch_log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/assert.hpp"

namespace stepwell::bench {

void SketchLog::Free::operator()(char* memory) const noexcept { std::free(memory); }

SketchLog::Buffer SketchLog::make_buffer() {
    auto* const memory = static_cast<char*>(std::aligned_alloc(block_bytes, buffer_bytes));
    SW_ASSERT(memory != nullptr);
    std::memset(memory, 0, buffer_bytes);
    return Buffer(memory);
}

SketchLog::SketchLog(const std::filesystem::path& path, sched::WakeUp& on_synced)
    : on_synced_(on_synced) {
    if (path.empty()) return;
    open(path);
    writer_ = std::thread([this] { write_groups(); });
}

SketchLog::~SketchLog() {
    if (!writer_.joinable()) return;
    is_over_.store(true);
    to_writer_.signal();
    writer_.join();
    ::close(file_);
}

void SketchLog::open(const std::filesystem::path& path) {
    constexpr int flags = O_RDWR | O_CREAT | O_CLOEXEC;
    const int plain = ::open(path.c_str(), flags, 0600);
    SW_ASSERT(plain >= 0);
    for (std::uint64_t at = 0; at < file_bytes; at += buffer_bytes) {
        const ssize_t put = ::pwrite(plain, filling_.get(), buffer_bytes, static_cast<off_t>(at));
        SW_ASSERT(put == ssize_t{buffer_bytes});
    }
    SW_ASSERT(::fdatasync(plain) == 0);
    file_ = ::open(path.c_str(), flags | O_DIRECT | O_DSYNC, 0600);
    needs_sync_ = file_ < 0;
    if (needs_sync_) {
        file_ = plain;
    } else {
        ::close(plain);
    }
}

void SketchLog::append(std::string_view record) noexcept {
    std::memcpy(filling_.get() + filled_, record.data(), record.size());
    filled_ += record.size();
    appended_ += record.size();
}

void SketchLog::flush() noexcept {
    if (filled_ == 0) return;
    if (!writer_.joinable()) {
        filled_ = 0;
        synced_.store(appended_, std::memory_order_release);
        return;
    }
    if (group_bytes_.load(std::memory_order_acquire) != 0) return;  // (2)
    std::swap(filling_, writing_);
    group_end_ = appended_;
    group_bytes_.store(std::exchange(filled_, 0), std::memory_order_release);
    to_writer_.signal();
}

void SketchLog::write_groups() {
    while (!is_over_.load()) {
        const std::size_t bytes = group_bytes_.load(std::memory_order_acquire);
        if (bytes == 0) {
            to_writer_.wait(std::chrono::nanoseconds{-1});
            continue;
        }
        write_group(bytes);
        synced_.store(group_end_, std::memory_order_release);
        group_bytes_.store(0, std::memory_order_release);
        on_synced_.signal();
    }
}

void SketchLog::write_group(std::size_t bytes) {
    const std::size_t whole = (bytes + block_bytes - 1) / block_bytes * block_bytes;
    if (offset_ + whole > file_bytes) offset_ = 0;
    const ssize_t put = ::pwrite(file_, writing_.get(), whole, static_cast<off_t>(offset_));
    SW_ASSERT(put == static_cast<ssize_t>(whole));
    SW_ASSERT(!needs_sync_ || ::fdatasync(file_) == 0);
    offset_ += whole;
}

}  // namespace stepwell::bench
