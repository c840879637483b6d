// Memory that only the start needed: pages of code and of linkers' tables that will not
// be read again, and what the allocator holds back.
#pragma once

namespace app {

// Gives it back to the kernel. Pages that are needed after all come from the page cache again, at a
// microsecond each; nothing that was written is touched. Any thread, at any time.
void release_startup_memory();

}  // namespace app
