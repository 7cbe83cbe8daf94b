// Early return of errors.
#pragma once

#define SW_TRY_CONCAT_(a, b) a##b
#define SW_TRY_NAME_(a, b) SW_TRY_CONCAT_(a, b)

/// `SW_TRY(const Address address, decode(token));` declares and sets, or returns the error from the
/// function.
#define SW_TRY(declaration, expression)                  \
    auto SW_TRY_NAME_(sw_try_, __LINE__) = (expression); \
    if (!SW_TRY_NAME_(sw_try_, __LINE__).has_value()) {  \
        return SW_TRY_NAME_(sw_try_, __LINE__).error();  \
    }                                                    \
    declaration = *std::move(SW_TRY_NAME_(sw_try_, __LINE__))

/// The same in a coroutine. The expression is awaited by the caller first: `auto r = co_await f();
/// SW_CO_TRY(x, r);`
#define SW_CO_TRY(declaration, expression)                 \
    auto SW_TRY_NAME_(sw_try_, __LINE__) = (expression);   \
    if (!SW_TRY_NAME_(sw_try_, __LINE__).has_value()) {    \
        co_return SW_TRY_NAME_(sw_try_, __LINE__).error(); \
    }                                                      \
    declaration = *std::move(SW_TRY_NAME_(sw_try_, __LINE__))
