#include "function/child_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "base/errors.hpp"

namespace stepwell::function {

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
    if (this != &other) {
        if (number_ >= 0) ::close(number_);
        number_ = other.release();
    }
    return *this;
}
Descriptor::~Descriptor() {
    if (number_ >= 0) ::close(number_);
}
int Descriptor::release() noexcept { return std::exchange(number_, -1); }

namespace {

Error system_error(const std::string& what, int number) {
    return Error(stepwell::errors::system_failure, what + ": " + std::strerror(number));
}

/// All that the child needs between fork and exec, where it may neither allocate nor lock.
struct Launch {
    const char* path;
    char* const* arguments;
    char* const* environment;
    const char* directory;
    int null_input;
    int output;
    int report;  // gets errno when exec is not reached; closed by exec
    pid_t parent;
    std::uint64_t file_bytes_max;
    std::uint64_t open_files_max;
    std::uint64_t processes_max;
};

[[noreturn]] void report_and_exit(const Launch& launch) noexcept {
    const int number = errno;
    [[maybe_unused]] const ssize_t written = ::write(launch.report, &number, sizeof number);
    ::_exit(127);
}

void lower_limit(int resource, std::uint64_t most) noexcept {
    rlimit limit{};
    if (::getrlimit(static_cast<__rlimit_resource>(resource), &limit) != 0) return;
    if (limit.rlim_max > most) limit.rlim_max = most;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(static_cast<__rlimit_resource>(resource), &limit);
}

// Ignored and blocked signals are inherited through exec, so they go back to what a program
// expects.
void reset_signals() noexcept {
    struct sigaction standard{};
    standard.sa_handler = SIG_DFL;
    for (int signal = 1; signal < NSIG; ++signal) ::sigaction(signal, &standard, nullptr);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// Everything above stderr is closed by exec, whoever opened it and with whatever flags.
void close_descriptors_at_exec() noexcept {
    if (::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) == 0) return;
    for (int number = 3; number < 65'536; ++number)
        ::fcntl(number, F_SETFD, FD_CLOEXEC);  // before Linux 5.11
}

[[noreturn]] void become_child(const Launch& launch) noexcept {
    ::setsid();
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != launch.parent) ::_exit(127);  // the parent ended before the line above
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    reset_signals();
    if (::dup2(launch.null_input, 0) < 0 || ::dup2(launch.output, 1) < 0 ||
        ::dup2(launch.output, 2) < 0)
        report_and_exit(launch);
    close_descriptors_at_exec();
    lower_limit(RLIMIT_CORE, 0);
    lower_limit(RLIMIT_FSIZE, launch.file_bytes_max);
    lower_limit(RLIMIT_NOFILE, launch.open_files_max);
    lower_limit(RLIMIT_NPROC, launch.processes_max);
    ::umask(022);
    if (::chdir(launch.directory) != 0) report_and_exit(launch);
    ::execve(launch.path, launch.arguments, launch.environment);
    report_and_exit(launch);
}

std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    pointers.reserve(texts.size() + 1);
    for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
    pointers.push_back(nullptr);
    return pointers;
}

struct Pipe {
    Descriptor read;
    Descriptor write;
};
Result<Pipe> open_pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return system_error("cannot open a pipe", errno);
    return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

// 0 when the child runs its program, else the errno of what failed.
int read_report(int report) noexcept {
    int number = 0;
    ssize_t count;
    do {
        count = ::read(report, &number, sizeof number);
    } while (count < 0 && errno == EINTR);
    return count == static_cast<ssize_t>(sizeof number) ? number : 0;
}

}  // namespace

Result<ChildProcess> start_child(const ChildProgram& program) {
    Descriptor null_input(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (null_input.get() < 0) return system_error("cannot open /dev/null", errno);
    auto output = open_pipe();
    if (!output.has_value()) return output.error();
    auto report = open_pipe();
    if (!report.has_value()) return report.error();

    const std::vector<char*> arguments = pointers_to(program.arguments);
    const std::vector<char*> environment = pointers_to(program.environment);
    const Launch launch{program.arguments.front().c_str(),
                        arguments.data(),
                        environment.data(),
                        program.working_directory.c_str(),
                        null_input.get(),
                        output->write.get(),
                        report->write.get(),
                        ::getpid(),
                        program.file_bytes_max,
                        program.open_files_max,
                        program.processes_max};
    const pid_t process_id = ::fork();
    if (process_id < 0) return system_error("cannot start a process", errno);
    if (process_id == 0) become_child(launch);

    report->write = Descriptor();
    const int failure = read_report(report->read.get());
    if (failure != 0) {
        collect_exit(process_id);
        return system_error(
            "cannot run " + program.arguments.front() + " in " + program.working_directory,
            failure);
    }
    Descriptor exited(static_cast<int>(::syscall(SYS_pidfd_open, process_id, 0)));
    if (exited.get() < 0) {
        const int number = errno;
        kill_child_group(process_id);
        collect_exit(process_id);
        return system_error("cannot watch a process", number);
    }
    ::fcntl(output->read.get(), F_SETFL, O_NONBLOCK);
    return ChildProcess{process_id, std::move(exited), std::move(output->read)};
}

void kill_child_group(pid_t process_id) noexcept {
    ::kill(-process_id, SIGKILL);
    ::kill(process_id, SIGKILL);  // also when it has not made its group yet
}

ExitStatus collect_exit(pid_t process_id) noexcept {
    int status = 0;
    pid_t collected;
    do {
        collected = ::waitpid(process_id, &status, 0);
    } while (collected < 0 && errno == EINTR);
    if (collected != process_id) return {};
    ExitStatus exit;
    exit.is_known = true;
    if (WIFSIGNALED(status)) {
        exit.signal = WTERMSIG(status);
    } else {
        exit.exit_code = WEXITSTATUS(status);
    }
    return exit;
}

std::uint64_t peak_memory_bytes(pid_t process_id) {
    const std::string path = "/proc/" + std::to_string(process_id) + "/status";
    std::FILE* file = std::fopen(path.c_str(), "re");
    if (file == nullptr) return 0;
    unsigned long long kibibytes = 0;
    char line[256];
    while (std::fgets(line, sizeof line, file) != nullptr) {
        if (std::sscanf(line, "VmHWM: %llu kB", &kibibytes) == 1) break;
    }
    std::fclose(file);
    return kibibytes * 1024;
}

}  // namespace stepwell::function
