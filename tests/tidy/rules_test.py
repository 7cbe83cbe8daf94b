"""What each rule finds, and what it leaves alone."""

import unittest

import rules


def problems(found):
    return [problem for _, problem in found]


class Includes(unittest.TestCase):
    def test_dependencies_point_down(self):
        self.assertEqual(problems(rules.check_includes("flow", '#include "sched/shard.hpp"\n#include "flow/a.hpp"\n')), [])
        self.assertEqual(problems(rules.check_includes("json", '#include "sched/shard.hpp"\n')),
                         ["json (rank 1) includes sched (rank 2)"])

    def test_equal_ranks_never_include_each_other(self):
        self.assertEqual(list(rules.check_includes("queue", '\n#include "topic/topic.hpp"\n')),
                         [(2, "queue (rank 4) includes topic (rank 4)")])

    def test_asl_is_pure(self):
        self.assertEqual(problems(rules.check_includes("asl", '#include "sched/shard.hpp"')), ["asl may not include sched"])

    def test_public_headers_are_self_sufficient(self):
        good = "#include <vector>\n#include <stdint.h>\n#include <stepwell/clock.hpp>\n#include <boost/system/result.hpp>\n"
        self.assertEqual(problems(rules.check_public_includes(good)), [])
        self.assertEqual(len(problems(rules.check_public_includes('#include "base/try.hpp"\n#include <rocksdb/db.h>\n'))), 2)

    def test_large_libraries_stay_in_source_files_of_their_layers(self):
        text = "#include <rocksdb/db.h>\n"
        self.assertEqual(problems(rules.check_libraries("journal", False, text)), [])
        self.assertEqual(problems(rules.check_libraries("journal", True, text)), ["a header includes RocksDB"])
        self.assertEqual(problems(rules.check_libraries("flow", False, text)), ["flow includes RocksDB"])


class Coroutines(unittest.TestCase):
    def bad(self, text):
        self.assertEqual(len(problems(rules.check_coroutines(text))), 1, text)

    def good(self, text):
        self.assertEqual(problems(rules.check_coroutines(text)), [], text)

    def test_conditions(self):
        self.bad("if (co_await ask(x)) co_return 1;")
        self.bad("if (auto answer = co_await ask(x); answer) {}")
        self.bad("switch (\n  co_await ask(f(x))) {}")
        self.bad("while (co_await next()) {}")
        self.good("auto answer = co_await ask(x);\nif (answer) co_return 1;")
        self.good("// if (co_await ask(x))\nconst char* t = \"if (co_await x)\";")

    def test_conditional_operator(self):
        self.bad("auto x = a ? co_await f(b) : c;")
        self.bad("auto x = co_await f(b) ? 1 : 2;")
        self.good("auto x = a ? b : c; auto y = co_await f(x);")

    def test_temporaries(self):
        self.bad("co_await ask(Question{1, 2});")
        self.bad("co_await shard.ask(a, {1, 2});")
        self.good("co_await ask(std::move(question));")
        self.good("auto x = co_await ask(f(a, b));")

    def test_lambdas(self):
        self.bad("co_await [&]() -> int { return 1; }();")
        self.bad("spawn([&shard](int x) -> Task<int> { co_return x; });")
        self.bad("spawn([=]() mutable -> asio::awaitable<void> { co_return; });")
        self.good("spawn([](int x) -> Task<int> { co_return x; });")


class Texts(unittest.TestCase):
    def test_lengths(self):
        self.assertEqual(problems(rules.check_lengths("x\n" * 600)), [])
        self.assertEqual(len(problems(rules.check_lengths("x\n" * 601))), 1)
        body = "    a();\n"
        self.assertEqual(problems(rules.check_lengths("void f() {\n" + body * 68 + "}\n")), [])
        self.assertEqual(list(rules.check_lengths("\nvoid f() {\n" + body * 69 + "}\n")),
                         [(2, "a function of 71 lines, more than 70")])
        self.assertEqual(len(problems(rules.check_lengths("int f(int a,\n      int b) {\n" + body * 70 + "}\n"))), 1)
        table = "constexpr int table[] = {1,\n" + "    2,\n" * 80 + "};\n"
        table += "constexpr int more[] = {\n" + "    2,\n" * 80 + "};\n"
        kind = "class C {\n" + body * 80 + "};\n"
        self.assertEqual(problems(rules.check_lengths("namespace a {\n" + kind + table + "}  // namespace a\n")), [])

    def test_words(self):
        self.assertEqual(len(problems(rules.check_words("engine/a.cpp", "// TODO: later"))), 1)
        self.assertEqual(len(problems(rules.check_words("tests/a.cpp", "std::this_thread::sleep_for(1s);"))), 1)
        self.assertEqual(problems(rules.check_words("tests/a.cpp", "// no sleep_for here")), [])
        self.assertEqual(len(problems(rules.check_words("docs/a.md", "see /home/me/stepwell"))), 1)
        self.assertEqual(problems(rules.check_words("docs/a.md", "see build/root/ and ./home/x/")), [])

    def test_headers(self):
        self.assertEqual(problems(rules.check_header("// What it is.\n#pragma once\n")), [])
        self.assertEqual(problems(rules.check_header("/* In C. */\n#ifndef A_H\n#define A_H\n#endif\n")), [])
        self.assertEqual(len(problems(rules.check_header("using namespace std;\n"))), 3)

    def test_names(self):
        self.assertEqual(problems(rules.check_names("engine/queue/long_poll.cpp")), [])
        self.assertEqual(len(problems(rules.check_names("engine/queue/string_utils.hpp"))), 1)

    def test_literals_and_comments_are_blanked_in_place(self):
        text = "a /* co_await */ \"x\\\"y\" 'c' R\"(if (co_await)\n)\" b 1'000 // c\n"
        blanked = rules.without_comments_and_strings(text)
        self.assertEqual(len(blanked), len(text))
        self.assertEqual(blanked.split(), ["a", "b", "1'000"])


if __name__ == "__main__":
    unittest.main()
