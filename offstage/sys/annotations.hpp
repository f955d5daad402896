// Clang's thread-safety attributes under Offstage's names: which mutex guards a member, which a function
// needs, takes or lets go. Clang checks them with -Wthread-safety; other compilers see nothing.
// The attributes are those of https://clang.llvm.org/docs/ThreadSafetyAnalysis.html.
#pragma once

#if defined(__clang__)
#define OFFSTAGE_ATTRIBUTE(x) __attribute__((x))
#else
#define OFFSTAGE_ATTRIBUTE(x)
#endif

/// On a class: its objects can be held. `name` is what messages call it ("mutex").
#define OFFSTAGE_CAPABILITY(name) OFFSTAGE_ATTRIBUTE(capability(name))
/// On a class: its constructor takes a capability, its destructor lets it go.
#define OFFSTAGE_SCOPED_CAPABILITY OFFSTAGE_ATTRIBUTE(scoped_lockable)
/// On a member: read and written only under the mutex; the second is for what a pointer member points to.
#define OFFSTAGE_GUARDED_BY(...) OFFSTAGE_ATTRIBUTE(guarded_by(__VA_ARGS__))
#define OFFSTAGE_PT_GUARDED_BY(...) OFFSTAGE_ATTRIBUTE(pt_guarded_by(__VA_ARGS__))
/// On a function: the caller holds it (shared: at least for reading), or must not hold it.
#define OFFSTAGE_REQUIRES(...) OFFSTAGE_ATTRIBUTE(requires_capability(__VA_ARGS__))
#define OFFSTAGE_REQUIRES_SHARED(...) OFFSTAGE_ATTRIBUTE(requires_shared_capability(__VA_ARGS__))
#define OFFSTAGE_EXCLUDES(...) OFFSTAGE_ATTRIBUTE(locks_excluded(__VA_ARGS__))
/// On a function: takes it and returns holding it, or lets it go.
#define OFFSTAGE_ACQUIRE(...) OFFSTAGE_ATTRIBUTE(acquire_capability(__VA_ARGS__))
#define OFFSTAGE_ACQUIRE_SHARED(...) OFFSTAGE_ATTRIBUTE(acquire_shared_capability(__VA_ARGS__))
#define OFFSTAGE_RELEASE(...) OFFSTAGE_ATTRIBUTE(release_capability(__VA_ARGS__))
#define OFFSTAGE_RELEASE_SHARED(...) OFFSTAGE_ATTRIBUTE(release_shared_capability(__VA_ARGS__))
#define OFFSTAGE_RELEASE_GENERIC(...) OFFSTAGE_ATTRIBUTE(release_generic_capability(__VA_ARGS__))
/// On a function: takes it when it returns the first argument.
#define OFFSTAGE_TRY_ACQUIRE(...) OFFSTAGE_ATTRIBUTE(try_acquire_capability(__VA_ARGS__))
#define OFFSTAGE_TRY_ACQUIRE_SHARED(...) OFFSTAGE_ATTRIBUTE(try_acquire_shared_capability(__VA_ARGS__))
/// On a function: tells the checker that it is held here, or that the function returns it.
#define OFFSTAGE_ASSERT_CAPABILITY(...) OFFSTAGE_ATTRIBUTE(assert_capability(__VA_ARGS__))
#define OFFSTAGE_RETURN_CAPABILITY(x) OFFSTAGE_ATTRIBUTE(lock_returned(x))
/// On a function that the checker cannot follow; say why beside it.
#define OFFSTAGE_NO_THREAD_SAFETY_ANALYSIS OFFSTAGE_ATTRIBUTE(no_thread_safety_analysis)
