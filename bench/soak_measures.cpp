#include "soak_measures.hpp"

#include <fcntl.h>
#include <malloc.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <system_error>

// jemalloc's, where it is linked.
extern "C" int mallctl(const char*, void*, std::size_t*, void*, std::size_t) __attribute__((weak));

namespace stepwell::bench {

double cpu_us_of(pid_t process) {
    clockid_t clock{};
    timespec time{};
    if (process <= 0 || clock_getcpuclockid(process, &clock) != 0 ||
        clock_gettime(clock, &time) != 0)
        return 0;
    return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) / 1e3;
}

std::uint64_t rss_bytes_of(pid_t process) {
    std::ifstream file("/proc/" + std::to_string(process) + "/statm");
    std::uint64_t all_pages = 0;
    std::uint64_t resident_pages = 0;
    file >> all_pages >> resident_pages;
    return resident_pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

std::uint64_t written_bytes_of(pid_t process) {
    std::ifstream file("/proc/" + std::to_string(process) + "/io");
    std::string name;
    std::uint64_t value = 0;
    while (file >> name >> value) {
        if (name == "write_bytes:") return value;
    }
    return 0;
}

std::uint64_t own_rss_bytes() {
    if (mallctl != nullptr) {
        mallctl("arena.4096.purge", nullptr, nullptr, nullptr, 0);  // 4096: of all arenas
    } else {
        malloc_trim(0);
    }
    return rss_bytes_of(getpid());
}

double fsync_us_in(const std::filesystem::path& directory) {
    const std::string path = directory / "fsync";
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) return 0;
    constexpr std::size_t rounds = 33;
    static const std::array<char, 4'096> block{};
    std::array<double, rounds> times{};
    for (double& time : times) {
        const auto began = std::chrono::steady_clock::now();
        const bool is_written =
            ::pwrite(file, block.data(), block.size(), 0) == ssize_t{block.size()} &&
            ::fdatasync(file) == 0;
        if (!is_written) break;
        time = std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - began)
                   .count();
    }
    ::close(file);
    ::unlink(path.c_str());
    std::nth_element(times.begin(), times.begin() + rounds / 2, times.end());
    return times[rounds / 2];
}

TemporaryDirectory::TemporaryDirectory() {
    const char* const chosen = std::getenv("STEPWELL_BENCH_DIR");
    const std::filesystem::path parent =
        chosen != nullptr ? chosen : std::filesystem::temp_directory_path();
    std::string name = (parent / "stepwell-soak-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) give_up("cannot make a directory in " + parent.string());
    path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

bool Progress::report(std::uint64_t started, std::uint64_t ended, const std::string& note) {
    constexpr std::chrono::seconds patience{60};
    const auto now = std::chrono::steady_clock::now();
    const double rate = static_cast<double>(ended - last_ended_) /
                        std::max(1e-3, std::chrono::duration<double>(now - last_report_).count());
    std::fprintf(stderr, "%6.1f s  %9llu started  %9llu ended  %7.0f/s%s\n", seconds(),
                 static_cast<unsigned long long>(started), static_cast<unsigned long long>(ended),
                 rate, note.c_str());
    if (ended != last_ended_) last_change_ = now;
    last_ended_ = ended;
    last_report_ = now;
    return now - last_change_ < patience;
}

double Progress::seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
}

void give_up(const std::string& why) {
    std::fprintf(stderr, "stepwell_soak: %s\n", why.c_str());
    std::_Exit(1);  // threads are running: no destructors; the data is left as evidence
}

}  // namespace stepwell::bench
