// The methods of the NFS versions, in the order in which P/net/rpc/nfs and nfsd count them. Empty:
// a column that is not reported. Constant.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace exporter {

inline constexpr std::array<std::string_view, 18> kNfs2Methods{
    "Null",   "GetAttr", "SetAttr", "Root", "Lookup",  "ReadLink", "Read",  "WrCache", "Write",
    "Create", "Remove",  "Rename",  "Link", "SymLink", "MkDir",    "RmDir", "ReadDir", "FsStat"};

inline constexpr std::array<std::string_view, 22> kNfs3Methods{
    "Null",    "GetAttr",     "SetAttr", "Lookup", "Access",   "ReadLink", "Read",   "Write",
    "Create",  "MkDir",       "SymLink", "MkNod",  "Remove",   "RmDir",    "Rename", "Link",
    "ReadDir", "ReadDirPlus", "FsStat",  "FsInfo", "PathConf", "Commit"};

inline constexpr std::array<std::string_view, 59> kNfs4ClientMethods{"Null",
                                                                     "Read",
                                                                     "Write",
                                                                     "Commit",
                                                                     "Open",
                                                                     "OpenConfirm",
                                                                     "OpenNoattr",
                                                                     "OpenDowngrade",
                                                                     "Close",
                                                                     "Setattr",
                                                                     "FsInfo",
                                                                     "Renew",
                                                                     "SetClientID",
                                                                     "SetClientIDConfirm",
                                                                     "Lock",
                                                                     "Lockt",
                                                                     "Locku",
                                                                     "Access",
                                                                     "Getattr",
                                                                     "Lookup",
                                                                     "LookupRoot",
                                                                     "Remove",
                                                                     "Rename",
                                                                     "Link",
                                                                     "Symlink",
                                                                     "Create",
                                                                     "Pathconf",
                                                                     "StatFs",
                                                                     "ReadLink",
                                                                     "ReadDir",
                                                                     "ServerCaps",
                                                                     "DelegReturn",
                                                                     "GetACL",
                                                                     "SetACL",
                                                                     "FsLocations",
                                                                     "ReleaseLockowner",
                                                                     "Secinfo",
                                                                     "FsidPresent",
                                                                     "ExchangeID",
                                                                     "CreateSession",
                                                                     "DestroySession",
                                                                     "Sequence",
                                                                     "GetLeaseTime",
                                                                     "ReclaimComplete",
                                                                     "GetDeviceInfo",
                                                                     "LayoutGet",
                                                                     "LayoutCommit",
                                                                     "LayoutReturn",
                                                                     "SecinfoNoName",
                                                                     "TestStateID",
                                                                     "FreeStateID",
                                                                     "GetDeviceList",
                                                                     "BindConnToSession",
                                                                     "DestroyClientID",
                                                                     "Seek",
                                                                     "Allocate",
                                                                     "DeAllocate",
                                                                     "LayoutStats",
                                                                     "Clone"};

inline constexpr std::array<std::string_view, 40> kNfs4ServerOperations{"",
                                                                        "",
                                                                        "",
                                                                        "Access",
                                                                        "Close",
                                                                        "Commit",
                                                                        "Create",
                                                                        "DelegPurge",
                                                                        "DelegReturn",
                                                                        "GetAttr",
                                                                        "GetFH",
                                                                        "Link",
                                                                        "Lock",
                                                                        "Lockt",
                                                                        "Locku",
                                                                        "Lookup",
                                                                        "LookupRoot",
                                                                        "Nverify",
                                                                        "Open",
                                                                        "OpenAttr",
                                                                        "OpenConfirm",
                                                                        "OpenDgrd",
                                                                        "PutFH",
                                                                        "",
                                                                        "",
                                                                        "Read",
                                                                        "ReadDir",
                                                                        "ReadLink",
                                                                        "Remove",
                                                                        "Rename",
                                                                        "Renew",
                                                                        "RestoreFH",
                                                                        "SaveFH",
                                                                        "SecInfo",
                                                                        "SetAttr",
                                                                        "SetClientID",
                                                                        "SetClientIDConfirm",
                                                                        "Verify",
                                                                        "Write",
                                                                        "RelLockOwner"};

// A line such as "proc3 22 2 4084749 29200 …": its word, how many columns there are, the columns.
struct RpcLine {
  static constexpr std::size_t kMaxColumns = 96;

  std::string_view name;
  std::array<std::uint64_t, kMaxColumns> values{};  // 0 where the line is shorter
  std::size_t count = 0;
};

// False when a column is no number. Columns may be decimal fractions, of which the whole part is
// taken (the histogram of the line "th").
bool parse_rpc_line(std::string_view text, RpcLine& line);

}  // namespace exporter
