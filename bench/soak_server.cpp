#include "soak_server.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string_view>
#include <utility>
#include <vector>

#include "soak_measures.hpp"

namespace stepwell::bench {

namespace {

std::string text_of(Durability durability) {
    switch (durability) {
        case Durability::sync:
            return "sync";
        case Durability::os:
            return "os";
        case Durability::none:
            return "none";
    }
    return {};
}

// In the child, between fork and exec: system calls only.
[[noreturn]] void become_server(const std::vector<char*>& arguments, int output, int log,
                                pid_t parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // no server is left when we are killed
    if (::getppid() != parent) ::_exit(126);
    ::dup2(output, STDOUT_FILENO);
    ::dup2(log, STDERR_FILENO);
    ::execv(arguments.front(), arguments.data());
    ::_exit(127);
}

std::string program_path() {
    return std::filesystem::read_symlink("/proc/self/exe").parent_path() / "stepwell";
}

}  // namespace

ServerProcess::ServerProcess(std::filesystem::path directory, const SoakOptions& options)
    : directory_(std::move(directory)), options_(options) {}

ServerProcess::~ServerProcess() { kill(); }

void ServerProcess::launch() {
    std::vector<std::string> words{program_path(), "serve",
                                   "--listen",     "127.0.0.1:" + std::to_string(port_),
                                   "--data",       directory_ / "data",
                                   "--durability", text_of(options_.durability),
                                   "--shards",     std::to_string(options_.shards)};
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);

    std::array<int, 2> output{};
    const std::string log_path = directory_ / "server.log";
    const int log = ::open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log < 0 || ::pipe2(output.data(), O_CLOEXEC) != 0) give_up("cannot start the server");
    const pid_t self = ::getpid();
    process_ = ::fork();
    if (process_ == 0) become_server(arguments, output[1], log, self);
    ::close(log);
    ::close(output[1]);
    if (process_ < 0) give_up("cannot start the server");
    output_ = output[0];
}

void ServerProcess::wait_until_ready() {
    const bool is_ready = read_port(output_);
    ::close(std::exchange(output_, -1));
    if (is_ready) return;
    show_log();
    give_up("the server has ended before it was ready");
}

/// Reads up to the line that says where it listens.
bool ServerProcess::read_port(int output) {
    constexpr std::string_view label = "listening on http://127.0.0.1:";
    std::string text;
    std::array<char, 256> buffer;
    for (;;) {
        const std::size_t at = text.find(label);
        const std::size_t end = at == std::string::npos ? at : text.find('\n', at);
        if (end != std::string::npos) {
            const char* const begin = text.data() + at + label.size();
            return std::from_chars(begin, text.data() + end, port_).ec == std::errc{};
        }
        const ssize_t got = ::read(output, buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        text.append(buffer.data(), static_cast<std::size_t>(got));
    }
}

void ServerProcess::show_log() const {
    const std::ifstream log(directory_ / "server.log");
    std::cerr << "the server's log:\n" << log.rdbuf() << std::flush;
}

int ServerProcess::wait_for_end() {
    int status = 0;
    rusage usage{};
    while (::wait4(process_, &status, 0, &usage) < 0 && errno == EINTR) {
    }
    const auto us = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
    };
    cpu_us_before_ += us(usage.ru_utime) + us(usage.ru_stime);
    process_ = -1;
    if (output_ >= 0) ::close(std::exchange(output_, -1));
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void ServerProcess::kill() {
    if (process_ <= 0) return;
    written_bytes_before_ = written_bytes();
    ::kill(process_, SIGKILL);
    wait_for_end();
}

int ServerProcess::check_data() const {
    const std::string command =
        "'" + program_path() + "' doctor '" + (directory_ / "data").string() + "' >&2";
    return std::system(command.c_str());
}

int ServerProcess::stop() {
    if (process_ <= 0) return -1;
    written_bytes_before_ = written_bytes();
    ::kill(process_, SIGTERM);
    return wait_for_end();
}

bool ServerProcess::has_died() {
    siginfo_t info{};
    const auto id = static_cast<id_t>(process_);
    const bool has_ended = process_ > 0 &&
                           ::waitid(P_PID, id, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
                           info.si_pid == process_;
    if (has_ended) show_log();
    return has_ended;
}

std::uint64_t ServerProcess::rss_bytes() const { return rss_bytes_of(process_); }
double ServerProcess::cpu_us() const { return cpu_us_before_ + cpu_us_of(process_); }
std::uint64_t ServerProcess::written_bytes() const {
    return written_bytes_before_ + written_bytes_of(process_);
}

}  // namespace stepwell::bench
