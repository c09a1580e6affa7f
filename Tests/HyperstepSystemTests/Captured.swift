/// What real machines print into these files, shortened where lines repeat.
enum Captured {
    static let stat = """
        cpu  2889594 35275 675908 1405162 29363 0 24487 10021 0 0
        cpu0 1411782 17966 324411 759723 8798 0 6654 4674 0 0
        cpu1 1477811 17309 351497 645438 20565 0 17833 5346 0 0
        intr 64056392 0 0 0 0 0 0 0 0 0 0 0 0 0 0 1 1 15 0 0 0 0 5110 2378 0 428 1 10182665
        ctxt 129301733
        btime 1764000000
        processes 801231
        procs_running 3
        procs_blocked 0
        softirq 21021214 0 4021213 12 99120 812311 0 133 8123123 0 7965302

        """

    static let meminfo = """
        MemTotal:       24684084 kB
        MemFree:        22095816 kB
        MemAvailable:   23465100 kB
        Buffers:           32540 kB
        Cached:          1026576 kB
        SwapCached:            0 kB
        HugePages_Total:       0
        DirectMap1G:    25165824 kB

        """

    static let statm = "765 434 406 5 0 123 0\n"

    static let io = """
        rchar: 7298
        wchar: 322
        syscr: 14
        syscw: 2
        read_bytes: 81920
        write_bytes: 4096
        cancelled_write_bytes: 0

        """

    static let netDev = """
        Inter-|   Receive                                                |  Transmit
         face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
            lo: 111281203353 16675008    0    0    0     0          0         0 111281203353 16675008    0    0    0     0       0          0
          eth0: 849731980   25529    0    0    0     0          0         0  1563327   20856    0    0    0     0       0          0
        enp1s0:1234 10 0 0 0 0 0 0 4321 12 0 0 0 0 0 0
        veth9ab1c2d: 55 1 0 0 0 0 0 0 66 1 0 0 0 0 0 0

        """

    static let diskstats = """
           7       0 loop0 52 0 2180 25 0 0 0 0 0 32 25 0 0 0 0 0 0
         259       0 nvme0n1 3176924 223544 1000 6794286 9779213 1306924 2000 3405774 1 1120776 10778331 2189322 84 475742424 344365 3761331 233904
         259       1 nvme0n1p1 1176924 223544 900 6794286 9779213 1306924 1900 3405774 1 1120776 10778331
         253       0 dm-0 3000000 0 800 11 9000000 0 1800 12 0 1120776 10778331 0 0 0 0 0 0
           9     127 md127 1 0 8 0 0 0 0 0 0 0 0
         252       0 zram0 100 0 800 0 100 0 800 0 0 0 0 0 0 0 0 0 0
           8       0 sda 10 0 50 1 20 0 70 1 0 2 2

        """

    static let mountinfo = """
        22 27 0:21 / /proc rw,relatime - proc proc rw
        23 27 0:22 / /sys rw,relatime shared:7 - sysfs sysfs rw
        31 23 0:28 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:4 master:1 - cgroup2 cgroup2 rw,nsdelegate

        """

    static let all = [stat, meminfo, statm, io, netDev, diskstats, mountinfo, "0::/user.slice/app.scope\n"]
}
