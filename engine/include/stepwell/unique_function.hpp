// A move-only callable that keeps small captures inline.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace stepwell {

template <class Signature, std::size_t InlineBytes = 48>
class UniqueFunction;

/// Owns one callable and calls it. Captures of at most InlineBytes live inside the object, larger
/// ones on the heap. Calling an empty one is a mistake; test with `operator bool`.
template <class R, class... Args, std::size_t InlineBytes>
class UniqueFunction<R(Args...), InlineBytes> {
 public:
    UniqueFunction() noexcept = default;
    UniqueFunction(std::nullptr_t) noexcept {}  // NOLINT: a null is an empty function

    template <class F>
        requires(!std::is_same_v<std::remove_cvref_t<F>, UniqueFunction> &&
                 std::is_invocable_r_v<R, std::remove_cvref_t<F>&, Args...>)
    UniqueFunction(F&& f) {  // NOLINT: implicit on purpose, as for std::function
        using Callable = std::remove_cvref_t<F>;
        if constexpr (fits<Callable>) {
            ::new (static_cast<void*>(storage_)) Callable(std::forward<F>(f));
            operations_ = &inline_operations<Callable>;
        } else {
            ::new (static_cast<void*>(storage_)) Callable*(new Callable(std::forward<F>(f)));
            operations_ = &heap_operations<Callable>;
        }
    }

    UniqueFunction(UniqueFunction&& other) noexcept { take(other); }
    UniqueFunction& operator=(UniqueFunction&& other) noexcept {
        if (this != &other) {
            reset();
            take(other);
        }
        return *this;
    }
    ~UniqueFunction() { reset(); }

    explicit operator bool() const noexcept { return operations_ != nullptr; }
    R operator()(Args... args) { return operations_->call(storage_, std::forward<Args>(args)...); }

    /// True when a callable of this type is kept without allocation.
    template <class Callable>
    static constexpr bool fits =
        sizeof(Callable) <= InlineBytes && alignof(Callable) <= alignof(void*) &&
        std::is_nothrow_move_constructible_v<Callable>;

 private:
    struct Operations {
        R (*call)(void*, Args&&...);
        void (*move)(void* from, void* to) noexcept;  // also destroys `from`
        void (*destroy)(void*) noexcept;
    };
    template <class C>
    static constexpr Operations inline_operations{
        [](void* at, Args&&... args) -> R {
            return (*static_cast<C*>(at))(std::forward<Args>(args)...);
        },
        [](void* from, void* to) noexcept {
            ::new (to) C(std::move(*static_cast<C*>(from)));
            static_cast<C*>(from)->~C();
        },
        [](void* at) noexcept { static_cast<C*>(at)->~C(); }};
    template <class C>
    static constexpr Operations heap_operations{
        [](void* at, Args&&... args) -> R {
            return (**static_cast<C**>(at))(std::forward<Args>(args)...);
        },
        [](void* from, void* to) noexcept { ::new (to) C*(*static_cast<C**>(from)); },
        [](void* at) noexcept { delete *static_cast<C**>(at); }};

    void take(UniqueFunction& other) noexcept {
        if (other.operations_ == nullptr) return;
        other.operations_->move(other.storage_, storage_);
        operations_ = std::exchange(other.operations_, nullptr);
    }
    void reset() noexcept {
        if (operations_ != nullptr) std::exchange(operations_, nullptr)->destroy(storage_);
    }

    const Operations* operations_ = nullptr;
    alignas(void*) std::byte storage_[InlineBytes];
};

}  // namespace stepwell
