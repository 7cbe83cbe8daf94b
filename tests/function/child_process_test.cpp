// Child processes: they do not outlive us, however we end.
#include "function/child_process.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace stepwell::function::testing {
namespace {

ChildProgram shell(const std::string& script) {
    ChildProgram program;
    program.arguments = {"/bin/sh", "-c", script};
    program.environment = {"PATH=/usr/bin:/bin"};
    program.working_directory = std::string("/");
    program.file_bytes_max = 1 << 20;
    return program;
}

bool ends_soon(int watch) {
    pollfd wanted{watch, POLLIN, 0};
    return ::poll(&wanted, 1, 30'000) == 1;
}

TEST(ChildProcess, ItsExitStatusIsCollected) {
    const auto child = start_child(shell("exit 42"));
    ASSERT_TRUE(child.has_value());
    ASSERT_TRUE(ends_soon(child->exited.get()));
    const ExitStatus exit = collect_exit(child->process_id);
    EXPECT_TRUE(exit.is_known);
    EXPECT_EQ(exit.exit_code, 42);
    EXPECT_EQ(exit.signal, 0);
}

TEST(ChildProcess, WhatItWritesArrives) {
    const auto child = start_child(shell("echo out; echo err >&2"));
    ASSERT_TRUE(child.has_value());
    ASSERT_TRUE(ends_soon(child->exited.get()));
    collect_exit(child->process_id);
    std::string text(8, ' ');
    ASSERT_EQ(::read(child->output.get(), text.data(), text.size()), 8);
    EXPECT_EQ(text, "out\nerr\n");
}

TEST(ChildProcess, MissingProgramIsAnErrorThatNamesIt) {
    ChildProgram program = shell("");
    program.arguments = {"/no/such/program"};
    const auto child = start_child(program);
    ASSERT_TRUE(child.has_error());
    EXPECT_NE(child.error().message().find("/no/such/program"), std::string::npos);
    EXPECT_NE(child.error().message().find("No such file or directory"), std::string::npos);
}

TEST(ChildProcess, FilesItWritesAreBounded) {
    ChildProgram program = shell("head -c 2000000 /dev/zero > \"$0\"");
    char path[] = "/tmp/stepwell-file-XXXXXX";
    ::close(::mkstemp(path));
    program.arguments.push_back(path);
    const auto child = start_child(program);
    ASSERT_TRUE(child.has_value());
    ASSERT_TRUE(ends_soon(child->exited.get()));
    const ExitStatus exit = collect_exit(child->process_id);
    EXPECT_TRUE(exit.exit_code != 0 || exit.signal != 0);
    ::unlink(path);
}

// A helper starts a child and is killed with SIGKILL: it has no chance to clean up, and the child
// ends all the same.
TEST(ChildProcess, EndsWhenItsParentIsKilled) {
    int pipe_ends[2];
    ASSERT_EQ(::pipe(pipe_ends), 0);
    const pid_t helper = ::fork();
    ASSERT_GE(helper, 0);
    if (helper == 0) {
        const auto child = start_child(shell("trap '' TERM HUP INT; while :; do sleep 1000; done"));
        const pid_t process_id = child.has_value() ? child->process_id : 0;
        [[maybe_unused]] const ssize_t written =
            ::write(pipe_ends[1], &process_id, sizeof process_id);
        for (;;) ::pause();
    }
    pid_t process_id = 0;
    ASSERT_EQ(::read(pipe_ends[0], &process_id, sizeof process_id),
              static_cast<ssize_t>(sizeof process_id));
    ASSERT_GT(process_id, 0);
    const int watch = static_cast<int>(::syscall(SYS_pidfd_open, process_id, 0));
    ASSERT_GE(watch, 0);
    ::kill(helper, SIGKILL);
    ::waitpid(helper, nullptr, 0);
    EXPECT_TRUE(ends_soon(watch));
    ::close(watch);
    ::close(pipe_ends[0]);
    ::close(pipe_ends[1]);
}

}  // namespace
}  // namespace stepwell::function::testing
